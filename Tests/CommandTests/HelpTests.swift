import Foundation
import TestSupport
import Testing

/// What every command must have, whichever commands there are.
@Suite struct HelpTests {
  private struct Argument: Decodable {
    struct Name: Decodable { var name: String }
    var names: [Name]?
    var abstract: String?
    var shouldDisplay: Bool
    var valueName: String?
  }

  private struct Command: Decodable {
    var commandName: String
    var abstract: String?
    var shouldDisplay: Bool
    var arguments: [Argument]?
    var subcommands: [Command]?
  }

  private struct Dump: Decodable { var command: Command }

  /// The words that call it, and the command, for the tool and all it has.
  private func commands() async throws -> [(words: String, command: Command)] {
    let folder = try TemporaryFolder()
    let run = try await ShellRun.of("iiotctl --experimental-dump-help", in: folder.path)
    var all: [(words: String, command: Command)] = []
    func add(_ command: Command, _ words: String) {
      all.append((words, command))
      for subcommand in command.subcommands ?? [] where subcommand.commandName != "help" {
        add(subcommand, "\(words) \(subcommand.commandName)")
      }
    }
    add(try JSONDecoder().decode(Dump.self, from: Data(run.output.utf8)).command, "iiotctl")
    return all
  }

  @Test func everyCommandAndOptionIsExplained() async throws {
    for (name, command) in try await commands() where command.shouldDisplay {
      #expect(command.abstract?.isEmpty == false, "\(name) says not what it does")
      for argument in command.arguments ?? [] where argument.shouldDisplay {
        let what = argument.names?.last?.name ?? argument.valueName ?? "?"
        #expect(argument.abstract?.isEmpty == false, "\(name): \(what) is not explained")
      }
    }
  }

  @Test(.timeLimit(.minutes(15)))
  func helpSucceedsAndNonsenseIsMisuse() async throws {
    let folder = try TemporaryFolder()
    for (name, _) in try await commands() {
      let help = try await ShellRun.of("\(name) --help", in: folder.path)
      #expect(help.code == 0, "\(name) --help")
      #expect(help.errors.isEmpty, "\(name) --help")
      #expect(help.output.contains("USAGE: \(name)"), "\(name) --help: \(help.output)")
      let misuse = try await ShellRun.of("\(name) --no-such-option", in: folder.path)
      #expect(misuse.code == 64, "\(name) --no-such-option")
      #expect(misuse.output.isEmpty, "\(name) --no-such-option")
      // Which of several mistakes is told first is the parser's own choice.
      #expect(misuse.errors.hasPrefix("Error: "), "\(name) --no-such-option")
    }
  }
}
