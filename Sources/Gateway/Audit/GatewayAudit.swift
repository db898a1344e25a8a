internal import Glibc
internal import IOThreads
internal import Sinks
internal import Synchronization

/// What a gateway tells its audit trail. A trail that can't be written to is told as an event and does not stop the gateway.
final class GatewayAudit: Sendable {
  private let id: String
  private let report: @Sendable (GatewayEvent) -> Void

  private let trail: AuditTrail?

  init(_ configuration: GatewayConfiguration, report: @escaping @Sendable (GatewayEvent) -> Void)
    async
  {
    (id, self.report) = (configuration.id, report)
    let folder = configuration.dataFolder
    let options = configuration.audit
    do throws(SystemFailure) {
      let keyFile = AuditOptions.keyFile(dataFolder: folder)
      let key: [UInt8]
      var earlier: [[UInt8]] = []
      if let secret = options.key {
        (key, earlier) = AuditKey.keys(of: secret.bytes, as: secret.value)
      } else {
        key = try AuditKey.load(keyFile)
      }
      let opening = try AuditTrail.open(
        options.file(dataFolder: folder), anchor: options.anchor(dataFolder: folder), key: key,
        earlierKeys: earlier, report: report)
      trail = opening.trail
      if options.key == nil, AuditKey.isExposed(keyFile) {
        report(
          GatewayEvent(
            .warning, source: "audit",
            "others can read '\(keyFile)'; whoever can may forge the trail: chmod 600 \(keyFile)")
        )
      }
      await tell(opening)
    } catch {
      trail = nil
      fail(error)
    }
  }

  private func tell(_ opening: AuditTrail.Opening) async {
    if opening.unfinished > 0 {
      await append(
        .repair, of: AuditLine.trail, by: LocalUser.current,
        after: "\(opening.unfinished) bytes of a line that a crash left unfinished were taken out"
      )
    }
    guard let text = AuditCheck.summary(of: opening.findings) else { return }
    report(
      GatewayEvent(
        .error, source: "audit", "the trail is not as it was written (\(text)); see audit verify")
    )
    await append(.doubt, of: AuditLine.trail, by: LocalUser.current, after: text)
  }

  private func append(
    _ action: AuditEntry.Action, of subject: String, by actor: String, before: String? = nil,
    after: String? = nil
  ) async {
    guard let trail else { return }
    do throws(SystemFailure) {
      let head = try await trail.append(
        AuditEntry(action, of: subject, by: actor, before: before, after: after))
      // Where events are kept, the head is kept too: outside the file.
      report(GatewayEvent(.info, source: "audit", "\(action.rawValue) by \(actor); head \(head)"))
    } catch {
      fail(error)
    }
  }

  private func fail(_ error: SystemFailure) {
    report(
      GatewayEvent(
        .error, source: "audit",
        "can't write the trail: \(error.explanation); the gateway goes on without "
          + "it: check the disk, the paths and their permissions"))
  }

  /// The gateway begins to run.
  func started(_ history: ConfigurationHistory) async {
    await append(
      .start, of: "gateway \(id)", by: LocalUser.current, after: "\(history.current)")
  }

  /// It has ended in its orderly way.
  func stopped(_ history: ConfigurationHistory) async {
    await append(
      .stop, of: "gateway \(id)", by: LocalUser.current, before: "\(history.current)")
  }

  /// It goes on with another configuration.
  func reloaded(from old: ConfigurationHistory, to new: ConfigurationHistory, by actor: String)
    async
  {
    let changes = LineChanges(from: old.text ?? "", to: new.text ?? "")
    await append(
      .reload, of: "configuration", by: actor,
      before: "\(old.current)" + LineChanges.text(changes.removed),
      after: "\(new.current)" + LineChanges.text(changes.added))
  }

  /// Another configuration was refused.
  func refused(_ history: ConfigurationHistory, because reason: String, by actor: String) async {
    await append(
      .refuse, of: "configuration", by: actor, before: "\(history.current)", after: reason)
  }
}
