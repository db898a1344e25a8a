/// Why bytes could not be read as a block of samples.
public struct SampleCodecError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong with the bytes.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// The number of the code.
    public let rawValue: Int

    /// A code from its number.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The block ends in the middle of something.
    public static let truncated = Code(rawValue: 1)
    /// The block was written by a newer version of this software.
    public static let newerVersion = Code(rawValue: 2)
    /// The bytes contradict themselves.
    public static let malformed = Code(rawValue: 3)
  }

  /// What is wrong.
  public var code: Code
  /// Where in the block, in bytes from its start.
  public var offset: Int
  /// What stood there, in words.
  public var message: String

  /// The message and the place.
  public var description: String { "\(message) (byte \(offset) of the sample block)" }
}
