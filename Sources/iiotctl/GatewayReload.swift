internal import ArgumentParser
internal import Gateway
internal import Glibc

struct GatewayReload: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Lets a running gateway go on with its changed configuration.",
    discussion: """
      The file is checked first; when it is wrong, the gateway hears nothing of it. What the gateway then does, it tells in its events. \
      What did not change goes on untouched. `gateway.id`, `gateway.data` and `buffer.segment` need a restart. SIGHUP does the \
      same.

      Example:
        iiotctl gateway reload gateway.yaml

      Exit codes: 0 when the gateway was told, 1 when not, 64 misuse.
      """)

  @Argument(help: "The configuration with which the gateway was started.")
  var file: String

  func run() async throws {
    let configuration = try Configurations.load(file)
    let folder = configuration.dataFolder
    guard let process = ProcessMark.runningProcess(dataFolder: folder) else {
      throw Failure(
        "no gateway runs with this configuration", at: "\(folder)/gateway.pid",
        advice: "run this in the folder in which the gateway was started, or start it")
    }
    guard kill(process, SIGHUP) == 0 else {
      throw Failure(
        "can't reach the gateway: \(String(cString: strerror(errno)))", at: "process \(process)",
        advice: "run this as the user who started the gateway")
    }
    print("told process \(process)")
  }
}
