#if Gateway && History
  import Foundation
  import TestSupport
  import Testing

  private let isThere =
    CCompiler.path != nil && PeerProcess.find("python3") != nil && !isSanitized

  /// The wall clock of a real gateway jumps; clocks that count go on, as they do in the machine.
  @Suite("Clocks that jump lose nothing, and nothing comes twice", .timeLimit(.minutes(15)))
  struct ClockTests {
    @Test(
      "a start in 1970, then the right time, a step back, a step forth, a machine that sleeps",
      .enabled(if: isThere, "needs a C compiler and python3, no sanitizer"))
    func jumps() async throws {
      let folder = try TemporaryFolder()
      let fixtures = GoldenCase.root.deletingLastPathComponent().appending(path: "clock").path
      try folder.write(
        """
        schema: iiot/1
        gateway: {id: clocks}
        buses: {sim: {driver: simulator}}
        devices: {tank: {bus: sim, every: 10ms, tags: {level: {shape: walk}, other: {shape: ramp, period: 1s}}}}
        formulas: {tank/sum: {expression: "ema({tank/level}, 0.1)"}}
        processing: {tank/other: {aggregate: 100ms, functions: [mean, count]}}
        sinks:
          out: {type: file, path: out.jsonl, format: jsonl}
          local: {type: history, path: history.db}
        reports:
          minutes: {every: 1min, folder: reports, wait: 1s}
        """, to: "gateway.yaml")
      try await CCompiler.compile(
        "clock/step_clock.c", to: folder.file("step.so"), ["-shared", "-fPIC", "-O1", "-ldl"])
      let run = try await ShellRun.of(
        """
        set_clock() { python3 \(fixtures)/set.py clock "$1"; }
        set_clock 1970-01-01T00:00:05
        STEP_CLOCK=$PWD/clock LD_PRELOAD=$PWD/step.so iiotctl gateway run gateway.yaml --quiet 2>events &
        gateway=$!
        until [ -s out.jsonl ]; do sleep 0.01; done
        sleep 1
        set_clock 2026-03-01T10:00:58       # the network is there: 56 years on
        sleep 5                             # over the end of a minute
        set_clock 2026-03-01T09:59:59       # back over two of them
        sleep 3
        kill -STOP $gateway; sleep 1; kill -CONT $gateway
        set_clock 2026-03-01T12:00:00       # and two hours forth
        sleep 2
        kill -TERM $gateway; wait $gateway
        echo "exit $?"
        cut -d' ' -f2- events | grep -v '^info audit' || true
        python3 \(fixtures)/check.py
        """, in: folder.path)
      #expect(
        run.output == """
          exit 0
          minutes reported: 2026-03-01T09:59 2026-03-01T10:00 2026-03-01T10:01
          everything is there once

          """, "\(run.output)\(run.errors)")
    }
  }
#endif
