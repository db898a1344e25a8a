internal import Synchronization

/// A tag as a small number: what samples carry. The name stands in a `TagRegistry`.
public struct TagID: RawRepresentable, Sendable, Hashable {
  /// Position in the registry, from 0.
  public let rawValue: UInt32

  /// A tag from its position.
  @inlinable
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// The names of tags, `device/tag` (the part after the first slash may have further segments).
///
/// A name keeps its number for the life of the registry; numbers mean nothing outside of it, so stored
/// samples carry the names (`SampleCodec`).
public final class TagRegistry: Sendable {
  private struct State {
    var names: [String] = []
    var numbers: [String: UInt32] = [:]
  }

  private let state = Mutex(State())

  /// An empty registry.
  public init() {}

  /// The number of `name`, given to it now if it had none.
  public func intern(_ name: String) -> TagID {
    state.withLock { state in
      if let known = state.numbers[name] { return TagID(rawValue: known) }
      let number = UInt32(truncatingIfNeeded: state.names.count)
      state.names.append(name)
      state.numbers[name] = number
      return TagID(rawValue: number)
    }
  }

  /// The number of `name`, or nil if nobody interned it.
  public func id(of name: String) -> TagID? {
    state.withLock { $0.numbers[name].map(TagID.init) }
  }

  /// The name of `tag`; empty for a number that is not of this registry.
  public func name(of tag: TagID) -> String {
    state.withLock { Int(tag.rawValue) < $0.names.count ? $0.names[Int(tag.rawValue)] : "" }
  }

  /// All names by number: take it once for a batch, not once a sample.
  public var names: [String] { state.withLock { $0.names } }
}
