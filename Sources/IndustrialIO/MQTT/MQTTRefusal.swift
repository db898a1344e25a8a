/// A message of a call that was not taken, while others of the call were.
package struct MQTTRefusal: Sendable, Equatable {
  /// Which of the messages, from 0.
  package var index: Int
  /// Why.
  package var error: MQTTError
}
