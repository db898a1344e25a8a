extension StoreCore {
  /// Changes how many segments there may be; see `RingStore.resize(to:)`.
  package func resize(to capacity: StoreOptions.Capacity) throws(StoreError) {
    let (_, slots) = try StoreOptions(capacity: capacity).geometry(segmentSize: segmentSize)
    let old = try lock.locked { () throws(StoreError) -> Int in
      if let refusal { throw refusal }
      // Files are not given back: which slot is free is for the ring to say.
      let made = slotCount + (isPreparing ? 1 : 0)
      guard slots >= made else {
        throw StoreError(
          .invalidOption,
          "the store has \(made) segment files already, \(slots) would be fewer",
          path: fs.path, advice: "move the records into a new, smaller store")
      }
      defer { slotLimit = slots }
      return slotLimit
    }
    do {
      try saveCursorsNow()
    } catch {
      lock.locked { slotLimit = old }
      throw error
    }
    lock.locked {
      freed.broadcast()
      background?()
    }
  }
}
