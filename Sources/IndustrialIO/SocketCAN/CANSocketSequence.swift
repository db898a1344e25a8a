public import CANCore
internal import IOThreads
internal import Synchronization

/// The frames of a bus as batches, received on a thread of its own.
///
/// Receiving begins with the first call of `next`. A cancelled task's wait ends at once, with nil, and the sequence can be
/// gone on with. The thread ends when the sequence and its iterators are gone.
public struct CANBusFrames: AsyncSequence, Sendable {
  /// Frames in the order in which the kernel saw them.
  public typealias Element = CANFrameBatch
  /// The interface may go down, or away.
  public typealias Failure = CANBusError

  let source: Source

  /// Goes through the frames.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

  /// Goes through the frames.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let source: Source

    /// The frames that have come; nil at the end, or at once when the task is cancelled.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(CANBusError) -> CANFrameBatch? {
      try await source.startedQueue().next()
    }
  }

  /// Starts the thread at the first use and ends it with the last. The thread keeps the bus and the queue alive, not
  /// the source.
  final class Source: Sendable {
    typealias Queue = BatchQueue<CANFrameBatch, CANBusError>

    private let bus: CANBus
    private let capacity: Int
    private let queue = Mutex<Queue?>(nil)

    init(bus: CANBus, capacity: Int) {
      self.bus = bus
      self.capacity = capacity
    }

    deinit { queue.withLock { $0 }?.close() }

    func startedQueue() throws(CANBusError) -> Queue {
      let result: Result<Queue, CANBusError> = queue.withLock { started in
        if let started { return .success(started) }
        do throws(SystemFailure) {
          let queue = try Queue(capacity: capacity)
          try OwnedThread.start(name: "can-\(bus.interface)") { [bus] in
            Self.run(bus, into: queue)
          }
          started = queue
          return .success(queue)
        } catch {
          return .failure(
            CANBusError(
              errorNumber: error.errorNumber, doing: error.call, interface: bus.interface))
        }
      }
      return try result.get()
    }

    private static func run(_ bus: CANBus, into queue: Queue) {
      var receiver = CANReceiver(bus)
      do throws(CANBusError) {
        while true {
          var batch = CANFrameBatch()
          switch try receiver.next(into: &batch, stop: queue.producerDescriptor) {
          case .frames:
            guard queue.push(batch) else { return }
          case .stopped:
            queue.clearProducerSignal()
            if queue.isClosed { return }
          }
        }
      } catch {
        queue.finish(throwing: error)
      }
    }
  }
}
