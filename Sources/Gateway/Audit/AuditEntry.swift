public import IndustrialModel

/// Something that was done to a gateway, by whom, and what was before and after.
public struct AuditEntry: Sendable, Hashable {
  /// What was done.
  public enum Action: String, Sendable, Hashable, CaseIterable {
    /// A gateway began to run. `after` is its configuration.
    case start
    /// It ended in its orderly way. `before` is its configuration.
    case stop
    /// Its configuration was changed while it ran. `before` and `after` are the two versions, and the lines that differ.
    case reload
    /// A change of the configuration was refused. `before` is the configuration that stays, `after` says why.
    case refuse
    /// The trail itself was put in order when it was opened: an unfinished line, which a crash leaves, was taken out.
    case repair
    /// The trail was not as it had been written, when it was opened or while the gateway ran. `after` says where.
    case doubt
    /// Others moved, deleted or emptied the file of the trail while the gateway ran, and this is the first entry of a new one. `before`
    /// is the head of the old one.
    case resume
  }

  /// When, by the clock of the machine.
  public var time: Timestamp
  /// Who: `anna (uid 1000)`.
  public var actor: String
  /// What was done.
  public var action: Action
  /// To what: `gateway plant-1`, `configuration`, `audit trail`.
  public var subject: String
  /// What was before, if there was something.
  public var before: String?
  /// What is after, if there is something.
  public var after: String?

  /// An entry of now.
  public init(
    _ action: Action, of subject: String, by actor: String, before: String? = nil,
    after: String? = nil
  ) {
    time = .now()
    self.actor = actor
    self.action = action
    self.subject = subject
    self.before = before
    self.after = after
  }
}
