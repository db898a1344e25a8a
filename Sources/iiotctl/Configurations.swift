internal import Gateway
internal import Glibc

/// The gateway's configuration, or a failure that says what stands in the way.
enum Configurations {
  /// For who works with it.
  static func load(_ file: String) throws -> GatewayConfiguration {
    try load(file, needsSecrets: true)
  }

  /// For who opens nothing: secrets need not be there.
  static func loadWithoutSecrets(_ file: String) throws -> GatewayConfiguration {
    try load(file, needsSecrets: false)
  }

  /// The data folder that is meant by a configuration, whose secrets need not be there, or by the folder itself.
  static func dataFolder(of place: String) throws -> String {
    isFolder(place) ? place : try loadWithoutSecrets(place).dataFolder
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func load(_ file: String, needsSecrets: Bool) throws -> GatewayConfiguration {
    #if Gateway
      do throws(ConfigurationError) {
        let configuration =
          try needsSecrets
          ? GatewayConfiguration(contentsOf: file) : .forReplay(contentsOf: file)
        for warning in configuration.warnings { StandardError.print("warning: \(warning)") }
        return configuration
      } catch {
        throw ConfigurationFailure(error)
      }
    #else
      throw Failure(
        "this iiotctl was built without the package trait 'Gateway'", at: file,
        advice: "build it with: swift build --traits Gateway")
    #endif
  }
}

/// All mistakes of a configuration as the command line shows them.
struct ConfigurationFailure: Error, CustomStringConvertible {
  let error: ConfigurationError

  init(_ error: ConfigurationError) { self.error = error }

  var description: String {
    error.problems.map { problem in
      let file = error.file ?? "configuration"
      var place = problem.line > 0 ? "\(file):\(problem.line):\(problem.column)" : file
      if !problem.path.isEmpty { place += " (\(problem.path))" }
      return Failure(problem.message, at: place, advice: problem.advice).description
    }.joined(separator: "\n")
  }
}
