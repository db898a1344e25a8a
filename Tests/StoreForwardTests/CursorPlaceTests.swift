import Testing

@testable import StoreForward

@Suite("A cursor stands at no number beyond the next")
struct CursorPlaceTests {
  private func opened(_ fs: SimulatedFileSystem) throws -> StoreCore<SimulatedFileSystem> {
    try StoreCore(fileSystem: fs, options: .small())
  }

  @Test("opened or rewound to any number, it gets what is appended next, and numbers go on")
  func beyond() throws {
    let fs = SimulatedFileSystem()
    let core = try opened(fs)
    try core.append(try batch(from: 1, count: 10))
    try core.openCursor("sink", start: .sequence(.max))
    #expect(core.cursorStatus().first?.acknowledged == 10)
    try core.rewind("sink", to: .oldest)
    try core.rewind("sink", to: .sequence(.max))
    #expect(core.cursorStatus().first?.acknowledged == 10)
    try core.append(try batch(from: 11, count: 1))
    let storage = BatchStorage()
    try core.next("sink", into: storage, maxBytes: 4096, maxRecords: .max)
    #expect(storage.records.map(\.sequence) == [11])
    try core.close()
    #expect(try opened(fs).nextSequence == 12)
  }

  @Test("what an earlier version saved beyond all numbers takes none from new records")
  func savedBeyond() throws {
    for isNumberSpoilt in [false, true] {
      let fs = SimulatedFileSystem()
      let core = try opened(fs)
      try core.openCursor("sink", start: .saved)
      try core.append(try batch(from: 1, count: 10))
      try core.close()
      let loaded = try SlotFile.load(Layout.cursorsName, in: fs)
      let contents = try #require(loaded.contents)
      var state = try StateFile(contents.payload)
      state.cursors[0].acknowledged = .max - 1
      if isNumberSpoilt { state.nextSequence = .max }
      var file = loaded.file
      try file.save(state.encode(), store: contents.store, in: fs)
      let again = try opened(fs)
      let receipt = try again.append(try batch(from: again.nextSequence, count: 2))
      #expect(receipt.firstSequence > 10 && receipt.lastSequence < 1 << 32)
      #expect(isNumberSpoilt || receipt.firstSequence == 11)
      try again.openCursor("sink", start: .saved)
      let storage = BatchStorage()
      try again.next("sink", into: storage, maxBytes: 4096, maxRecords: .max)
      #expect(storage.records.map(\.sequence).last == receipt.lastSequence)
      try again.close()
      #expect(try opened(fs).nextSequence == receipt.lastSequence + 1)
    }
  }
}
