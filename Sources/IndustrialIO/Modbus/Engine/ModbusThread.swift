internal import IOThreads

/// Starts a thread that ends by itself and that nobody waits for.
func startThread(
  name: String, _ body: @escaping @Sendable () -> Void
) throws(ModbusError) {
  do throws(SystemFailure) {
    try OwnedThread.start(name: name, body)
  } catch {
    throw ModbusError.system("no thread is left for a client", errno: error.errorNumber)
  }
}
