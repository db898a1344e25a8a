import Foundation
import Gateway
import Synchronization

/// The events of a gateway, without those that each start and end makes: the audit trail's.
final class EventLog: Sendable {
  private let events = Mutex<[GatewayEvent]>([])

  var all: [GatewayEvent] { events.withLock { $0 } }
  var add: @Sendable (GatewayEvent) -> Void {
    { event in
      guard event.source != "audit" else { return }
      self.events.withLock { $0.append(event) }
    }
  }
}

/// The numbers of the samples that a destination got, repetitions left out.
final class SequenceSet: Sendable {
  private let state = Mutex((numbers: Set<UInt64>(), wasCut: false))

  var count: Int { state.withLock { $0.numbers.count } }
  var wasCut: Bool {
    get { state.withLock { $0.wasCut } }
    set { state.withLock { $0.wasCut = newValue } }
  }

  func add(_ line: String) throws {
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    guard let number = (object?["seq"] as? NSNumber)?.uint64Value else { return }
    state.withLock { _ = $0.numbers.insert(number) }
  }
}
