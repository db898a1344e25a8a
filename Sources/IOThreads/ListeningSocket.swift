internal import CIOThreads

/// What is done with a socket at whose door clients knock.
package enum ListeningSocket {
  /// Lets the next client in.
  ///
  /// Its socket does not block and no child process inherits it, from its first moment on: between accept(2) and fcntl(2) another
  /// thread may start a program.
  ///
  /// - Returns: the client's descriptor, which is the caller's to close.
  /// - Throws: `EAGAIN` when nobody waits, `EMFILE` and the like when there is no room.
  package static func accept(_ listener: Int32) throws(SystemFailure) -> Int32 {
    let client = iiot_accept(listener)
    guard client >= 0 else { throw SystemFailure(call: "accept4", errorNumber: -client) }
    return client
  }
}
