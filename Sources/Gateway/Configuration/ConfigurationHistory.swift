internal import Glibc
internal import IOThreads

/// The texts of the configurations with which a gateway has worked: `DATA/configurations/7.yaml`.
///
/// They say what a number in a stored sample means. Old ones may be deleted; the newest must stay, or the numbers begin anew.
struct ConfigurationHistory {
  private let folder: String
  /// The one in force.
  private(set) var current = ConfigurationVersion(number: 0)
  /// Its text.
  private(set) var text: String?

  init(dataFolder: String) { folder = "\(dataFolder)/configurations" }

  /// Makes a text the one in force: as a new version, or, where it is the newest one's, as that.
  mutating func enter(_ text: ConfigurationText?) throws(SystemFailure) {
    guard let text else {
      (current, self.text) = (ConfigurationVersion(number: 0), nil)
      return
    }
    let bytes = Array(text.yaml.utf8)
    let newest = newest
    var number = newest
    if newest == 0 || readFile(path(newest)) != bytes {
      guard newest < .max else {
        throw SystemFailure(call: "open", errorNumber: EOVERFLOW)
      }
      number = newest + 1
      guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw SystemFailure("mkdir") }
      try replaceFile(path(number), with: bytes)
    }
    current = ConfigurationVersion(number: number, digest: AuditCode.digest(of: bytes))
    self.text = text.yaml
  }

  /// The same; where the text can't be kept, the version is 0 and the samples say that theirs is unknown.
  mutating func enter(_ text: ConfigurationText?, report: (GatewayEvent) -> Void) {
    do throws(SystemFailure) {
      try enter(text)
    } catch {
      (current, self.text) = (ConfigurationVersion(number: 0), text?.yaml)
      report(
        GatewayEvent(
          .error, source: "configuration",
          "can't keep its text in '\(folder)': \(error.explanation); samples are stored without its number"
        ))
    }
  }

  /// Where the newest text stands; nil where there is none.
  var newestFile: String? { newest > 0 ? path(newest) : nil }

  private func path(_ number: UInt32) -> String { Self.path(number, in: folder) }

  private static func path(_ number: UInt32, in folder: String) -> String {
    "\(folder)/\(number).yaml"
  }

  /// The text of a version and the file that has it; nil where it is not there any more.
  static func text(
    of number: UInt32, in dataFolder: String
  ) -> (bytes: [UInt8], file: String)? {
    let file = path(number, in: "\(dataFolder)/configurations")
    return readFile(file).map { ($0, file) }
  }

  /// The largest number of a file; 0 for none.
  private var newest: UInt32 {
    guard let directory = opendir(folder) else { return 0 }
    defer { closedir(directory) }
    var newest: UInt32 = 0
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasSuffix(".yaml"), let number = UInt32(name.dropLast(5)) else { continue }
      newest = max(newest, number)
    }
    return newest
  }
}
