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

  /// Two to compare: with their secrets if all of them are there, so that a changed one is seen as a reload sees it.
  static func loadToCompare(
    _ old: String, _ new: String
  ) throws -> (GatewayConfiguration, GatewayConfiguration) {
    let before = try loadWithoutSecrets(old)
    let after = try loadWithoutSecrets(new)
    #if Gateway
      do throws(ConfigurationError) {
        return (try withSecrets(before, old), try withSecrets(after, new))
      } catch {
        let why = error.problems.first.map { ": \($0.message)" } ?? ""
        StandardError.print("note: the change of a secret is not seen\(why)")
      }
    #endif
    return (before, after)
  }

  #if Gateway
    /// Of the text that was read already: the file may be a pipe.
    private static func withSecrets(
      _ configuration: GatewayConfiguration, _ file: String
    ) throws(ConfigurationError) -> GatewayConfiguration {
      guard let text = configuration.text else { return configuration }
      return try GatewayConfiguration(yaml: text.yaml, file: file)
    }
  #endif

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
      "error: \(ConfigurationError(file: error.file, problems: [problem]))"
    }.joined(separator: "\n")
  }
}
