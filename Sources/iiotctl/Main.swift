internal import ArgumentParser
internal import Glibc

struct IIoTCtl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "iiotctl",
    abstract: "Reads machines, decodes what they say, keeps it safe and hands it on.",
    discussion: """
      Examples:
        iiotctl poll 'modbus://192.168.0.10?unit=1' --holding 0:10
        iiotctl decode --dbc vehicle.dbc drive.log --format csv
        iiotctl gateway run gateway.yaml

      Exit codes: 0 success, 1 failure (standard error says what, where and what to do), 64 misuse of the command line, \
      130 or 143 where a signal ended what would have ended by itself.
      """,
    version: "0.1.0",
    groupedSubcommands: groups)

  /// What is asked for first comes first.
  private static let groups = [
    CommandGroup(
      name: "Machine",
      subcommands: [Poll.self, ModbusCommand.self, CanCommand.self, MqttCommand.self]),
    CommandGroup(
      name: "Decoding", subcommands: [Decode.self, DbcCommand.self, FormulaCommand.self]),
    CommandGroup(
      name: "Gateway",
      subcommands: [
        GatewayCommand.self, Explain.self, Export.self, ReportCommand.self, AuditCommand.self,
      ]),
    CommandGroup(name: "Buffer", subcommands: [Replay.self, StoreCommand.self]),
    CommandGroup(name: "Simulation", subcommands: [Simulate.self]),
  ]

  /// Called without a command: not all of the help, but enough to begin.
  func run() async throws {
    var lines = [
      "iiotctl \(Self.configuration.version): reads machines, decodes what they say, keeps it safe and hands it on",
      "",
    ]
    for group in Self.groups {
      let names = group.subcommands.map { $0._commandName }.joined(separator: ", ")
      lines.append("  \(group.name)\(String(repeating: " ", count: 16 - group.name.count))\(names)")
    }
    lines += [
      "",
      "Try it without a machine:",
      "  iiotctl simulate modbus --port 1502 &",
      "  iiotctl poll 'modbus://127.0.0.1:1502?unit=1' --holding 0:10",
      "  iiotctl formula eval 'max(a, b) / 2' a=3 b=9",
      "",
      "iiotctl --help explains the commands; each has --help with an example, and a manual page.",
    ]
    var output = StandardOutput()
    let text = lines.joined(separator: "\n") + "\n"
    try output.append { $0 += text.utf8 }
    try output.flush()
  }
}

@main
enum Main {
  static func main() async {
    // A reader that goes away (| head) is no error of ours.
    signal(SIGPIPE, SIG_IGN)
    raiseDescriptorLimit()
    await run()
  }

  /// A login's limit is often 1024 open files, which a gateway with many clients may need; and without any left, libdispatch ends
  /// the process. What the system allows beyond that is asked for.
  private static func raiseDescriptorLimit() {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return }
    let wanted = min(65_536, limit.rlim_max)
    guard limit.rlim_cur < wanted else { return }
    limit.rlim_cur = wanted
    setrlimit(resource, &limit)
  }

  /// Off the main actor: every await that hops back to it would cost microseconds a batch.
  @concurrent
  private static func run() async {
    var running: (any ParsableCommand.Type)?
    do {
      var command = try IIoTCtl.parseAsRoot()
      running = type(of: command)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch is OutputClosed {
      exit(0)
    } catch let failure as Failure {
      end(failure)
    } catch let failure as ConfigurationFailure {
      StandardError.print(failure.description)
      exit(1)
    } catch {
      let code = IIoTCtl.exitCode(for: error)
      switch code {
      // Help and version were asked for, or a command has told all there is to tell.
      case _ where code == .success || error is ExitCode: IIoTCtl.exit(withError: error)
      case .validationFailure: end(Misuse.failure(error, running))
      default: end(Failure(error))
      }
    }
  }

  private static func end(_ failure: Failure) -> Never {
    StandardError.print(failure.description)
    exit(failure.exitCode)
  }
}
