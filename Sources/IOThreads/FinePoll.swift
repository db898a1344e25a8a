internal import CIOThreads
internal import Glibc

/// poll(2) with a time limit in nanoseconds, nil for none. `descriptors` holds `pollfd`s; tells how many of them are ready, or
/// -1 as poll(2) does.
package func finePoll(_ descriptors: UnsafeMutableRawBufferPointer, nanoseconds: Int64?) -> Int32 {
  let entries = descriptors.assumingMemoryBound(to: pollfd.self)
  return iiot_poll(entries.baseAddress, UInt32(entries.count), nanoseconds.map { max(0, $0) } ?? -1)
}
