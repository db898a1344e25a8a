import Foundation
import TestSupport
import Testing

/// Commands that read to the end of their input.
private let commands = [
  "can convert - --format jsonl", "can convert - out.blf", "can replay - --speed max",
  "can replay -", "can stats -", "decode --dbc v.dbc --format csv -", "decode --dbc v.dbc",
]

/// The input of a live bus comes when it comes, and its end may never.
@Suite("A signal while a command waits for input", .timeLimit(.minutes(15)))
struct WaitingForInputTests {
  /// Runs `command` behind a pipe that stays open, and sends it one SIGTERM when it has taken what came.
  private func interrupted(
    _ command: String, then rest: String = ""
  ) async throws -> ShellRun {
    let folder = try TemporaryFolder()
    try folder.write(Self.database, to: "v.dbc")
    // Far more than the 64 KiB that a pipe holds: when the last of it is in, the command is reading.
    let frames = (0..<8000).map { "(1436509053.\(100_000 + $0)) can0 123#1122334455667788\n" }
    try folder.write(frames.joined(), to: "drive.log")
    return try await ShellRun.of(
      """
      # Not by |: the shell would wait for the whole of it.
      mkfifo feed
      { cat drive.log; touch taken; exec sleep 100; } >feed &
      iiotctl \(command) <feed >out 2>errors &
      until [ -e taken ]; do sleep 0.05; done
      kill -TERM $!
      wait $!
      echo $?
      tail -n 1 errors
      \(rest)
      """, in: folder.path, seconds: 60)
  }

  private static let database = """
    VERSION ""

    BU_: ECU

    BO_ 291 Engine: 8 ECU
     SG_ Speed : 0|16@1+ (0.25,0) [0|0] "rpm" ECU

    """

  private static let end = "143\nerror: interrupted: this is not all\n"

  @Test("ends it, with the code of the signal", arguments: commands)
  func pipe(_ command: String) async throws {
    let run = try await interrupted(command)
    #expect(run.output == Self.end, "\(run.output)\(run.errors)")
  }

  @Test("closes the file that was being written, with all that came before")
  func file() async throws {
    let run = try await interrupted(
      "can convert - out.blf",
      then: """
        iiotctl can convert out.blf --format candump >back && [ $(wc -l <back) -eq 8000 ] && echo whole
        """)
    #expect(run.output == Self.end + "whole\n", "\(run.output)\(run.errors)")
    #expect(run.errors.isEmpty, "\(run.errors)")
  }

  @Test(
    "ends it though its input never pauses",
    arguments: [
      "can convert live --format jsonl", "can replay live --speed max", "decode --dbc v.dbc live",
    ])
  func endless(_ command: String) async throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.database, to: "v.dbc")
    let run = try await ShellRun.of(
      """
      mkfifo live
      yes '(1436509053.100000) can0 123#1122334455667788' >live &
      iiotctl \(command) >out 2>errors &
      # What has come is written at once, from a FIFO too.
      until [ -s out ]; do sleep 0.05; done
      kill -TERM $!
      wait $!
      echo $?
      grep ^error errors
      """, in: folder.path, seconds: 60)
    #expect(run.output == Self.end, "\(run.output)\(run.errors)")
  }

  @Test(
    "ends a replay that passes over all of a file, however long it is and far apart its frames are",
    .enabled(if: CCompiler.path != nil && !isSanitized, "needs a C compiler, no sanitizer"),
    arguments: [("INT", 130), ("TERM", 143)])
  func passedOver(signal: String, code: Int) async throws {
    let folder = try TemporaryFolder()
    // An hour apart: who waited for such a frame would not come to the place where the file begins again.
    let frames = (0..<8000).map {
      "(\(1_436_509_053 + 3600 * $0).100000) can0 123#1122334455667788\n"
    }
    try folder.write(frames.joined(), to: "drive.log")
    try await CCompiler.compile(
      "can/endless_input.c", to: folder.file("endless.so"), ["-shared", "-fPIC", "-ldl"])
    let run = try await ShellRun.of(
      """
      LD_PRELOAD=$PWD/endless.so iiotctl can replay - --channel can1 <drive.log >out 2>errors &
      until [ -e again ]; do sleep 0.05; done
      kill -\(signal) $!
      wait $!
      echo $?
      grep ^error errors
      """, in: folder.path, seconds: 60)
    #expect(
      run.output == "\(code)\nerror: interrupted: this is not all\n",
      "\(run.output)\(run.errors)")
  }

  @Test("leaves no file behind when nothing had come")
  func nothing() async throws {
    let folder = try TemporaryFolder()
    let run = try await ShellRun.of(
      """
      mkfifo live
      iiotctl can convert live out.blf 2>errors &
      until ls -l /proc/$!/fd 2>/dev/null | grep -q /live; do sleep 0.05; done
      kill -TERM $!
      wait $!
      echo $?
      [ -e out.blf ] || echo nothing
      """, in: folder.path, seconds: 60)
    #expect(run.output == "143\nnothing\n", "\(run.output)\(run.errors)")
  }

  @Test("ends one that waits for the writer of a FIFO")
  func fifo() async throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.database, to: "v.dbc")
    let run = try await ShellRun.of(
      """
      mkfifo live
      iiotctl decode --dbc v.dbc live 2>errors &
      until ls -l /proc/$!/fd 2>/dev/null | grep -q /live; do sleep 0.05; done
      kill -TERM $!
      wait $!
      echo $?
      """, in: folder.path, seconds: 60)
    #expect(run.output == "143\n", "\(run.output)\(run.errors)")
  }

  @Test("reads a FIFO whose writer comes late to its end")
  func lateWriter() async throws {
    let folder = try TemporaryFolder()
    let run = try await ShellRun.of(
      """
      mkfifo live
      iiotctl can convert live --format candump >out &
      until ls -l /proc/$!/fd 2>/dev/null | grep -q /live; do sleep 0.05; done
      echo '(1436509053.100000) can0 123#11' >live
      wait $!
      echo $?
      cat out
      """, in: folder.path, seconds: 60)
    #expect(run.output == "0\n(1436509053.100000) can0 123#11\n", "\(run.output)\(run.errors)")
  }

  @Test(
    "ends a publisher, which sends no half of a line",
    .enabled(if: Mosquitto.isInstalled, "needs mosquitto"))
  func publisher() async throws {
    let broker = try await Mosquitto()
    let run = try await interrupted("mqtt pub \(broker.url)/lines --lines --qos 0")
    #expect(run.output == Self.end, "\(run.output)\(run.errors)")
    let whole = try await interrupted("mqtt pub \(broker.url)/file --file -")
    #expect(whole.output == Self.end, "\(whole.output)\(whole.errors)")
    withExtendedLifetime(broker) {}
  }
}
