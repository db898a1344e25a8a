internal import DBC

extension GatewayConfiguration {
  /// Reads the files that tell which tags there are: databases and recordings.
  ///
  /// A configuration is read without them, so that a journal can be replayed where they are not; a gateway does not start.
  ///
  /// - Parameter file: The configuration's own file, which errors name.
  /// - Throws: `ConfigurationError` with each that can't be read.
  package func checkUsedFiles(file: String?) throws(ConfigurationError) {
    var problems: [ConfigurationError.Problem] = []
    func add(_ path: String, _ message: String) {
      let advice = "correct the path or the file; what names its tags was not checked"
      problems.append(.init(path: path, message: message, advice: advice))
    }
    for bus in buses where devices.contains(where: { $0.bus == bus.name }) {
      switch bus.transport {
      case .canLog(_, let file), .socketCAN(_, let file):
        do throws(DBCError) {
          _ = try Database(contentsOf: file)
        } catch {
          add("buses.\(bus.name).dbc", "\(error)")
        }
      default: break
      }
    }
    for device in devices {
      guard let recording = device.recording else { continue }
      do throws(RecordingReader.Failure) {
        _ = try RecordingReader.columns(of: recording.path)
      } catch {
        add("devices.\(device.name).recording", error.message)
      }
    }
    guard problems.isEmpty else { throw ConfigurationError(file: file, problems: problems) }
  }
}
