/// A segment in use, as the engine knows it.
struct Segment {
  var slot: Int
  var generation: UInt64
  var seed: UInt32
  var baseSequence: UInt64
  var precedingSequence: UInt64
  /// The last number in it; below the base while there is none.
  var lastSequence: UInt64
  /// Readers stop here: the durable end of the newest segment, the area's end of older ones.
  var end: Int
  /// How many records it holds, nil where that is not known.
  var count: UInt64?
}
