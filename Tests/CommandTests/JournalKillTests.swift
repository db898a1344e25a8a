#if Gateway
  import Foundation
  import TestSupport
  import Testing

  @Suite("A journal over a kill", .timeLimit(.minutes(15)))
  struct JournalKillTests {
    @Test("gives what was stored before and behind it, but for the last moments before the kill")
    func kill() async throws {
      let folder = try TemporaryFolder()
      let configuration = """
        schema: iiot/1
        gateway: {id: g}
        journal: {}
        buses: {sim: {driver: simulator}}
        devices:
          sim: {bus: sim, every: 10ms, tags: {s: {shape: walk}}}
        formulas:
          f/total: {expression: "integral({sim/s})"}
        """
      try folder.write(configuration, to: "gateway.yaml")
      try folder.write(configuration.replacing("integral", with: "2 * integral"), to: "new.yaml")
      let script = """
        iiotctl gateway run gateway.yaml --quiet 2>>events & gateway=$!
        until [ -f data/formulas.memory ]; do sleep 0.05; done
        sleep 0.3
        kill -KILL $gateway; wait $gateway 2>>noise
        iiotctl gateway run gateway.yaml --quiet --for 1s 2>>events
        iiotctl replay data/buffer --format jsonl >stored
        iiotctl replay data/journal --format jsonl --to again
        iiotctl replay data/journal --format jsonl 2>notes >twice
        cmp again twice
        iiotctl gateway diff gateway.yaml gateway.yaml --journal data/journal >same; echo $?
        iiotctl gateway diff gateway.yaml new.yaml --journal data/journal >other; echo $?
        """
      let run = try await ShellRun.of(script, in: folder.path, seconds: 100)
      #expect(run.output == "0\n1\n", "\(run.output)\(run.errors)")
      func lines(_ file: String) throws -> Set<Substring> {
        Set(try folder.text(of: file).split(separator: "\n"))
      }
      let (stored, again) = (try lines("stored"), try lines("again"))
      #expect(stored.count > 300)
      // What the kill took from the buffer or from the journal only: a fifth of a second at most.
      #expect(stored.symmetricDifference(again).count <= 40)
      #expect(try folder.text(of: "notes").contains("a run ended without its end"))
      let other = try lines("other")
      #expect(other.contains { $0.hasPrefix(#"{"tag":"f/total","#) })
      #expect(!other.contains { $0.hasPrefix(#"{"tag":"sim/s","#) })
    }
  }
#endif
