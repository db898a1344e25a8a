internal import ArgumentParser
internal import Glibc

struct IIoTCtl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "iiotctl",
    abstract: "Reads machines, decodes what they say, keeps it safe and hands it on.",
    discussion: """
      Exit codes: 0 success, 1 failure (standard error says what, where and what to do), \
      64 misuse of the command line.
      """,
    version: "0.1.0",
    subcommands: [
      Poll.self,
      Decode.self,
      Replay.self,
      Export.self,
      DbcCommand.self,
      GatewayCommand.self,
      ReportCommand.self,
      AuditCommand.self,
      FormulaCommand.self,
      ModbusCommand.self,
      Simulate.self,
      StoreCommand.self,
      MqttCommand.self,
      CanCommand.self,
    ])
}

@main
enum Main {
  static func main() async {
    // A reader that goes away (| head) is no error of ours.
    signal(SIGPIPE, SIG_IGN)
    await run()
  }

  /// Off the main actor: every await that hops back to it would cost microseconds a batch.
  @concurrent
  private static func run() async {
    do {
      var command = try IIoTCtl.parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch is OutputClosed {
      exit(0)
    } catch let failure as Failure {
      StandardError.print(failure.description)
      exit(failure.exitCode)
    } catch let failure as ConfigurationFailure {
      StandardError.print(failure.description)
      exit(1)
    } catch {
      IIoTCtl.exit(withError: error)
    }
  }
}
