internal import ArgumentParser

@main
struct IIoTCtl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "iiotctl", abstract: "Reads, decodes, stores and forwards machine data.")
}
