/// A device on the bus.
public struct Node: Sendable {
  let storage: DatabaseStorage
  /// Its place in the list of nodes.
  public let index: Int

  private var record: NodeRecord { storage.content.nodes[index] }

  /// The name: the long one of its attribute `SystemNodeLongSymbol` if it has one.
  public var name: String {
    let record = record
    return storage.text(record.longName.isNone ? record.name : record.longName)
  }

  /// The name as it stands in `BU_`.
  public var shortName: String { storage.text(record.name) }

  /// The comment on it.
  public var comment: String? { storage.optionalText(record.comment) }

  /// Its attribute values.
  public var attributes: [Attribute] { storage.attributes(.node, index) }

  /// The value of one of its attributes: its own, else the definition's default.
  public func attribute(_ name: String) -> AttributeValue? {
    storage.attribute(name, .node, index)
  }
}

extension DatabaseStorage {
  /// The long name of a node that is referred to; nil for the words that stand for none.
  func nodeName(_ reference: TextRange) -> String? {
    if reference.isNone || reference.count == 0 { return nil }
    let name = text(reference)
    if name == "Vector__XXX" || name == "VECTOR__XXX" { return nil }
    if hasLongNodeNames {
      for node in content.nodes where !node.longName.isNone && text(node.name) == name {
        return text(node.longName)
      }
    }
    return name
  }

  private var hasLongNodeNames: Bool { content.nodes.contains { !$0.longName.isNone } }
}
