/// Mistakes that the crash tests must be able to find: a debug build can be told to make one, so that
/// the tests prove that they would notice. A release build has none of it.
enum PlantedBug: String, Sendable, CaseIterable {
  case acknowledgeBeforeSync
  case noDirectorySync
  case cursorSavedBeforeDelivery
  case recycleBeforeCursorIsDurable
  case noGenerationInChecksum
  case checksumWithoutLength
  case appendAfterTornTail
  case retrySyncAfterError
  case numbersFromLogEndOnly
  case trustPageCache

  #if DEBUG
    /// The mistake that the current task makes.
    @TaskLocal static var planted: PlantedBug?
  #endif

  /// Whether the mistake is to be made.
  @inline(__always)
  var isPlanted: Bool {
    #if DEBUG
      PlantedBug.planted == self
    #else
      false
    #endif
  }
}
