#if Gateway && HTTP
  import Foundation
  import TestSupport
  import Testing

  private let isThere =
    LibmodbusPeer.isThere && Mosquitto.isInstalled && WebServer.path != nil

  /// Libraries that wait with select() end their process at a descriptor of 1024 or more.
  @Suite("More open files than select() can take", .timeLimit(.minutes(15)))
  struct DescriptorTests {
    @Test(
      "a gateway whose descriptors all lie behind them polls both kinds of Modbus, listens to MQTT, and delivers to a broker, a web server and a file",
      .enabled(if: isThere, "needs a C compiler, mosquitto and python3"))
    func beyond() async throws {
      let folder = try TemporaryFolder()
      let broker = try await Mosquitto()
      let near = try await LibmodbusPeer.tcp()
      let far = try await LibmodbusPeer.rtu()
      let web = try await WebServer([], in: folder, posts: "posts")
      try folder.write(
        """
        schema: iiot/1
        gateway: {id: many}
        buses:
          net: {driver: modbus-tcp, host: 127.0.0.1, port: \(near.port)}
          line: {driver: modbus-rtu, url: "modbus+rtu://\(far.path)?baud=115200&parity=N"}
          cell: {driver: mqtt, url: "\(broker.url)", subscribe: said}
        devices:
          near: {bus: net, every: 50ms, tags: {level: {at: holding/7}}}
          far: {bus: line, unit: 9, every: 50ms, tags: {level: {at: holding/8}}}
          said: {bus: cell, tags: {level: {topic: said}}}
        sinks:
          broker: {type: mqtt, url: "\(broker.url)"}
          web: {type: http, url: "\(web.url)/in"}
          file: {type: file, path: out.jsonl, format: jsonl}
        """, to: "gateway.yaml")
      let run = try await ShellRun.of(
        """
        iiotctl mqtt sub '\(broker.url)/many/#' >heard &
        ulimit -Sn 4096 || exit 77
        for i in $(seq 1100); do exec {any}<gateway.yaml || exit 77; done
        iiotctl gateway run gateway.yaml --quiet 2>events &
        gateway=$!
        said() { cat "$@" | grep -c "$tag.*\\b$value\\b"; }
        for what in near:507 far:508 said:41; do
          tag=${what%:*} value=${what#*:}
          until [ $(said out.jsonl) -gt 0 ] && [ $(said heard) -gt 0 ] && [ $(said posts/*.body) -gt 0 ]; do
            iiotctl mqtt pub \(broker.url)/said -m 41
            sleep 0.1
          done 2>>noise
          echo $tag
        done
        ls /proc/$gateway/fd | awk '$1 >= 1024 { n++ } END { print(n > 10 ? "beyond" : n) }'
        kill -TERM $gateway; wait $gateway
        echo "exit $?"
        """, in: folder.path, seconds: 60)
      withExtendedLifetime((broker, near, far, web)) {}
      #expect(
        run.output == "near\nfar\nsaid\nbeyond\nexit 0\n",
        "\(run.output)\(run.errors)\((try? folder.text(of: "events")) ?? "")")
    }
  }
#endif
