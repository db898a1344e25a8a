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
    var discussion: String?
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

  @Test func helpHasOneForm() async throws {
    for (name, command) in try await commands() where command.shouldDisplay {
      let abstract = command.abstract ?? ""
      #expect(abstract.hasSuffix("."), "\(name): \(abstract)")
      for argument in command.arguments ?? [] where argument.shouldDisplay {
        let what = argument.names?.last?.name ?? argument.valueName ?? "?"
        #expect(argument.abstract?.hasSuffix(".") == true, "\(name): \(what) has no full stop")
      }
      let discussion = command.discussion ?? ""
      #expect(
        discussion.contains("Example:\n  iiotctl ") || discussion.contains("Examples:\n  ")
          || discussion.contains("Example:\n  "), "\(name) has no example")
      #expect(discussion.contains(name), "the example of \(name) is of another command")
      // A group of commands does nothing itself.
      guard command.subcommands?.isEmpty != false else { continue }
      #expect(discussion.contains("Exit codes"), "\(name) says not how it ends")
    }
  }

  /// What a name means, wherever it is an option: the words that stand in its help.
  private static let vocabulary = [
    "since": "this time", "until": "this time", "start": "time at which",
    "to": "destination", "format": "How to ",
    "count": "How many ", "every": "to the next", "for": "Ends after so long",
    "timeout": "How long to wait", "speed": "How many times faster",
    "quiet": "Prints less", "verbose": "Prints more", "inflight": "at once",
    "qos": "quality of service", "topic": "topic", "channel": "channel",
    "config": "the configuration", "tag": "Only ",
    "size": "The size of", "name": "name", "holding": "Holding registers",
    "input": "Input registers", "coil": "Coils", "discrete": "Discrete inputs",
  ]

  /// Two ideas of the field that have one word.
  private static let homonyms: Set = ["unit"]

  @Test func anOptionMeansTheSameEverywhere() async throws {
    var meanings: [String: [String: String]] = [:]
    for (name, command) in try await commands() where command.shouldDisplay {
      for argument in command.arguments ?? [] where argument.shouldDisplay {
        for option in argument.names ?? [] where option.name.count > 1 {
          meanings[option.name, default: [:]][name] = argument.abstract ?? ""
        }
      }
    }
    for (option, uses) in meanings where !Self.homonyms.contains(option) {
      if let words = Self.vocabulary[option] {
        for (command, help) in uses {
          #expect(help.contains(words), "\(command) --\(option): \(help)")
        }
      } else {
        #expect(Set(uses.values).count == 1, "--\(option): \(uses)")
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
      #expect(misuse.errors.hasPrefix("error: "), "\(name) --no-such-option")
      #expect(
        misuse.errors.hasSuffix("\n  see '\(name) --help'\n"),
        "\(name) --no-such-option: \(misuse.errors)")
    }
  }
}
