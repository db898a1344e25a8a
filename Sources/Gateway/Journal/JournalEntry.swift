internal import IndustrialModel

/// One thing that happened to a gateway: the journal is a row of them, from which all that was stored follows.
enum JournalEntry: Sendable {
  /// A gateway began to work.
  case start(JournalState)
  /// What holds at this place: written again and again, for who finds the start evicted.
  case mark(JournalState)
  /// The gateway went on with another configuration.
  case change(JournalChange, WireTime)
  /// Something came from a bus.
  case wire(String, WireEvent, WireTime)
  /// Time went on.
  case tick(WireTime)
  /// The gateway ended in its orderly way: windows were closed.
  case finish
  /// Entries are missing here, because they could not be written.
  case gap
}

/// What a gateway goes on from.
struct JournalState: Sendable, Hashable {
  var configuration: JournaledConfiguration
  /// The number of the next sample.
  var nextSequence: UInt64
  /// What formulas remember, as `MemoryFile` has it; nil where that is not told.
  var memory: [UInt8]?
}

/// A configuration by its text.
struct JournaledConfiguration: Sendable, Hashable {
  /// 0 for one without a text.
  var version: UInt32
  var text: String?
}

/// What a reload changes for the samples from its place on.
struct JournalChange: Sendable, Hashable {
  var configuration: JournaledConfiguration
  /// Whether formulas and rules are made anew.
  var changesStages: Bool
  /// Whether samples bear the configuration's number from here on.
  var changesVersion: Bool
  /// The buses that are opened, also those that were open before.
  var opened: [String]
  /// The buses that are no longer read.
  var closed: [String]
}
