internal import CTestSupport

/// Whether ``allocations(in:)`` can count in this program, and says something of what users run: without optimisation the
/// compiler puts values on the heap that it keeps in registers otherwise.
public let allocationsAreCounted: Bool = {
  var isOptimised = true
  assert(
    {
      isOptimised = false
      return true
    }())
  return isOptimised && iiot_allocations_are_counted() != 0
}()

/// How often the calling thread asks for memory while it runs `body`: `malloc` and its kin, Swift objects included.
public func allocations(in body: () throws -> Void) rethrows -> UInt64 {
  guard allocationsAreCounted else { return 0 }
  iiot_allocations_begin()
  do {
    try body()
  } catch {
    _ = iiot_allocations_end()
    throw error
  }
  return iiot_allocations_end()
}

/// The bytes that the whole process has asked for and not given back; 0 where nobody counts them, as under a sanitizer.
public func bytesInUse() -> Int { Int(iiot_bytes_in_use()) }
