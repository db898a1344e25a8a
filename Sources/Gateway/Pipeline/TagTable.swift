internal import IndustrialModel

/// Something for some of the tags, found by their numbers.
struct TagTable<Entry: Sendable>: Sendable {
  private(set) var entries: [Entry] = []
  /// The places in `entries` by the names of their tags: an order that does not depend on which tag was met first.
  private(set) var order: [Int] = []
  private var names: [String] = []
  /// The place in `entries` by tag number, -1 for none.
  private var places: [Int32] = []

  var isEmpty: Bool { entries.isEmpty }

  mutating func insert(_ entry: Entry, for tag: TagID, named name: String) {
    let number = Int(tag.rawValue)
    while places.count <= number { places.append(-1) }
    places[number] = Int32(entries.count)
    entries.append(entry)
    names.append(name)
  }

  /// Brings `order` up to date, after entries were inserted.
  mutating func sort() {
    let names = names
    order = names.indices.sorted { names[$0] < names[$1] }
  }

  /// Takes over the entries of another table for the same tags, where `isSame` says so.
  mutating func inherit(from old: TagTable, where isSame: (Entry, Entry) -> Bool) {
    for (place, oldPlace) in sharedPlaces(with: old)
    where isSame(entries[place], old.entries[oldPlace]) { entries[place] = old.entries[oldPlace] }
  }

  /// The places of tags that are in both tables, in this one and in the other.
  func sharedPlaces(with other: TagTable) -> [(Int, Int)] {
    zip(places, other.places).lazy.filter { $0 >= 0 && $1 >= 0 }.map { (Int($0), Int($1)) }
  }

  /// Leaves out the entries at these places.
  mutating func forget(_ gone: Set<Int>) {
    for number in places.indices where gone.contains(Int(places[number])) { places[number] = -1 }
    let kept = places.indices.filter { places[$0] >= 0 }
    names = kept.map { names[Int(places[$0])] }
    entries = kept.map { entries[Int(places[$0])] }
    for (place, number) in kept.enumerated() { places[number] = Int32(place) }
    sort()
  }

  func place(of tag: TagID) -> Int? {
    let number = Int(tag.rawValue)
    guard number < places.count, places[number] >= 0 else { return nil }
    return Int(places[number])
  }

  subscript(place: Int) -> Entry {
    get { entries[place] }
    _modify { yield &entries[place] }
  }
}
