/// A named group of signals of one message (`SIG_GROUP_`).
public struct SignalGroup: Sendable {
  let storage: DatabaseStorage
  let index: Int

  private var record: SignalGroupRecord { storage.content.signalGroups[index] }

  /// Its name.
  public var name: String { storage.text(record.name) }

  /// How often it repeats, as declared; nearly always 1.
  public var repetitions: Int { Int(record.repetitions) }

  /// Its signals.
  public var signals: [Signal] {
    storage.content.groupMembers[record.members.range].map {
      Signal(storage: storage, index: Int($0))
    }
  }
}
