#if Gateway && HTTP
  import Foundation
  import TestSupport
  import Testing

  private let isThere =
    InfluxDB.path != nil && PeerProcess.find("curl") != nil

  /// The database dead, the gateway killed twice, all of it started again.
  @Suite("An outage loses nothing", .timeLimit(.minutes(Soak.isOn ? 20 : 5)))
  struct OutageDrillTests {
    @Test(
      "the database has every sample that was stored, counted on both sides; IIOT_SOAK=1: a minute at 10,000 samples a second",
      .enabled(if: isThere, "needs influxd and curl"))
    func drill() async throws {
      let folder = try TemporaryFolder()
      let port = try Loopback.freePort()
      try InfluxDB.configure(in: folder, port: port)
      let tags = (0..<(Soak.isOn ? 1000 : 50)).map { "      t\($0): {shape: walk}\n" }.joined()
      try folder.write(
        """
        schema: iiot/1
        gateway: {id: drill}
        buses: {sim: {driver: simulator}}
        devices:
          tank:
            bus: sim
            every: 100ms
            tags:
        \(tags)
        sinks:
          db: {type: influxdb, url: "http://127.0.0.1:\(port)", database: plant}
        """, to: "gateway.yaml")
      let script = """
        url=http://127.0.0.1:\(port)
        dead=\(Soak.isOn ? 60 : 1)
        database() {
          influxd -config influxdb.conf >>influxd.log 2>&1 & server=$!
          until curl -s -o pong $url/ping; do sleep 0.05; done
        }
        gateway() { iiotctl gateway run gateway.yaml --quiet "$@" 2>>events & gateway=$!; }
        count() {
          curl -s -G -H 'Accept: application/csv' $url/query --data-urlencode db=plant \\
            --data-urlencode 'q=SELECT count(*) FROM tank' |
            awk -F, 'NR == 2 { for (i = 4; i <= NF; i++) sum += $i } END { print sum + 0 }'
        }
        database
        curl -s -o answer -XPOST $url/query --data-urlencode 'q=CREATE DATABASE plant'
        gateway
        until [ "$(count)" -gt 500 ]; do sleep 0.1; done
        # The database dies under load; the gateway too, twice.
        kill -KILL $server; wait $server 2>>noise
        sleep $dead
        kill -KILL $gateway; wait $gateway 2>>noise
        gateway
        sleep 1
        kill -KILL $gateway; wait $gateway 2>>noise
        gateway
        sleep 0.5
        database
        before=$(count)
        until [ "$(count)" -gt "$before" ]; do sleep 0.1; done
        kill -TERM $gateway; wait $gateway
        # What did not reach it in the last seconds waits in the buffer for the next run.
        for round in 1 2 3 4 5 6 7 8 9 10; do
          iiotctl replay data/buffer --format influx | awk '{ print $2, $NF }' | sed 's/=[^ ]*//' | sort -u | wc -l >stored
          [ "$(count)" = "$(cat stored)" ] && break
          iiotctl gateway run gateway.yaml --quiet --for 1s 2>>events
        done
        echo "stored $(cat stored)"
        echo "in the database $(count)"
        """
      let run = try await ShellRun.of(script, in: folder.path, seconds: Soak.isOn ? 900 : 200)
      let numbers = run.output.split(separator: "\n").compactMap { line in
        line.split(separator: " ").last.flatMap { Int($0) }
      }
      let events = (try? folder.text(of: "events")) ?? ""
      try #require(numbers.count == 2, "\(run.output)\(run.errors)\(events)")
      #expect(numbers[0] == numbers[1], "\(run.output)\(events)")
      #expect(numbers[0] > (Soak.isOn ? 500_000 : 1000))
      if Soak.isOn { print("outage drill:\n\(run.output)") }
      // The outage was one.
      #expect(events.contains("warning sink db"))
    }
  }
#endif
