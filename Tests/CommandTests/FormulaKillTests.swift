#if Gateway
  import Foundation
  import TestSupport
  import Testing

  @Suite("Formulas remember over a kill", .timeLimit(.minutes(15)))
  struct FormulaKillTests {
    @Test("a count goes on behind what was kept last, and never ahead of what is stored")
    func kill() async throws {
      let folder = try TemporaryFolder()
      try folder.write(
        """
        schema: iiot/1
        gateway: {id: g}
        buses: {sim: {driver: simulator}}
        devices:
          sim: {bus: sim, every: 10ms, tags: {s: {shape: walk}}}
        formulas:
          f/count: {expression: "count_if({sim/s} >= 0)"}
        """, to: "gateway.yaml")
      let script = """
        iiotctl gateway run gateway.yaml --quiet 2>>events & gateway=$!
        until [ -f data/formulas.memory ]; do sleep 0.05; done
        sleep 0.3
        kill -KILL $gateway; wait $gateway 2>>noise
        iiotctl gateway run gateway.yaml --quiet --for 1s 2>>events
        iiotctl replay data/buffer --format influx | sed -n 's/^f count=\\([0-9.]*\\) .*/\\1/p'
        """
      let run = try await ShellRun.of(script, in: folder.path, seconds: 100)
      let counts = run.output.split(separator: "\n").compactMap { Double($0) }
      let falls = counts.indices.dropFirst().filter { counts[$0] != counts[$0 - 1] + 1 }
      #expect(counts.first == 1 && counts.count > 100, "\(run.output)\(run.errors)")
      #expect(falls.count <= 1)
      if let fall = falls.first {
        #expect(counts[fall] > 1 && counts[fall] <= counts[fall - 1])
      }
      #expect(try folder.text(of: "events").contains("formula") == false)
    }
  }
#endif
