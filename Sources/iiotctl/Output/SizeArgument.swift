internal import ArgumentParser
internal import Gateway

/// A number of bytes with its unit: `64MiB`, `1GiB`.
struct SizeArgument: ExpressibleByArgument {
  var bytes: Int
  /// As it was written.
  private let text: String

  init?(argument: String) {
    guard let bytes = Quantity.size(argument) else { return nil }
    self.bytes = bytes
    text = argument
  }

  init(mebibytes: Int) {
    bytes = mebibytes << 20
    text = "\(mebibytes)MiB"
  }

  var defaultValueDescription: String { text }
}
