import PackagePlugin

/// Makes a Swift file of each DBC file among a target's sources: `vehicle.dbc` becomes the enumeration `Vehicle`.
@main
struct DBCPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let sources = target.sourceModule?.sourceFiles else { return [] }
    let tool = try context.tool(named: "dbc-generate")
    return sources.filter { $0.url.pathExtension.lowercased() == "dbc" }.map { file in
      let name = file.url.deletingPathExtension().lastPathComponent
      let output = context.pluginWorkDirectoryURL.appending(path: "\(name).swift")
      return .buildCommand(
        displayName: "Swift of \(file.url.lastPathComponent)",
        executable: tool.url,
        arguments: [
          file.url.path(percentEncoded: false), output.path(percentEncoded: false), name,
        ],
        inputFiles: [file.url],
        outputFiles: [output])
    }
  }
}
