public import CANCore
internal import CANTransport
internal import Glibc
internal import IOThreads
internal import Synchronization

/// The frames of a bus as batches.
public typealias CANBusFrames = CANSocketSequence<CANFrameBatch>

/// What comes out of a CAN socket, received on a thread of its own.
///
/// Receiving begins with the first call of `next`. A cancelled task's wait ends at once, with nil, and the sequence can be
/// gone on with. The thread ends when the sequence and its iterators are gone.
public struct CANSocketSequence<Element: Sendable>: AsyncSequence, Sendable {
  /// The interface may go down, or away.
  public typealias Failure = CANBusError

  let source: Source

  /// Goes through what comes.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

  /// Goes through what comes.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let source: Source

    /// What has come, in the kernel's order; nil at the end, or at once when the task is cancelled.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(CANBusError) -> Element? {
      try await source.startedQueue().next()
    }
  }

  typealias Queue = BatchQueue<Element, CANBusError>

  /// Starts the thread at the first use and ends it with the last. The thread keeps the socket and the queue alive, not
  /// the source.
  final class Source: Sendable {
    private let interface: String
    private let capacity: Int
    private let receive: @Sendable (Queue) throws(CANBusError) -> Void
    private let queue = Mutex<Queue?>(nil)

    /// - Parameter receive: runs on the thread until the queue is closed; what it throws ends the sequence.
    init(
      interface: String, capacity: Int,
      receive: @escaping @Sendable (Queue) throws(CANBusError) -> Void
    ) {
      self.interface = interface
      self.capacity = capacity
      self.receive = receive
    }

    deinit { queue.withLock { $0 }?.close() }

    func startedQueue() throws(CANBusError) -> Queue {
      let result: Result<Queue, CANBusError> = queue.withLock { started in
        if let started { return .success(started) }
        do throws(SystemFailure) {
          let queue = try Queue(capacity: capacity)
          try OwnedThread.start(name: "can-\(interface)") { [receive] in
            do throws(CANBusError) {
              try receive(queue)
            } catch {
              queue.finish(throwing: error)
            }
          }
          started = queue
          return .success(queue)
        } catch {
          return .failure(
            CANBusError(errno: error.errorNumber, doing: error.call, interface: interface))
        }
      }
      return try result.get()
    }
  }

  /// Receives one element at a time from a socket until the queue is closed.
  ///
  /// - Parameter take: gives what is there, nil when there is nothing for now.
  static func receive(
    from descriptor: Int32, into queue: Queue, _ take: () throws(CANBusError) -> Element?
  ) throws(CANBusError) {
    while true {
      var entries = [
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: queue.producerDescriptor, events: Int16(POLLIN), revents: 0),
      ]
      while poll(&entries, 2, -1) < 0 && errno == EINTR {}
      if entries[1].revents != 0 {
        queue.clearProducerSignal()
        if queue.isClosed { return }
      }
      while let element = try take() {
        guard queue.push(element) else { return }
      }
    }
  }
}

extension CANBusFrames {
  /// The frames of a bus, as many at a time as there are.
  init(bus: CANBus, capacity: Int) {
    source = Source(interface: bus.interface, capacity: capacity) {
      (queue) throws(CANBusError) in
      var receiver = CANReceiver(bus)
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
    }
  }
}

extension CANSocketSequence<TransportMessage> {
  /// Whole messages of a transport protocol that the kernel speaks, each taken into one buffer that serves them all.
  ///
  /// - Parameter next: gives what is there, nil when there is nothing for now.
  init(
    interface: String, descriptor: Int32, longest: Int, capacity: Int,
    _ next:
      @escaping @Sendable (UnsafeMutableRawBufferPointer) throws(CANBusError) -> TransportMessage?
  ) {
    source = Source(interface: interface, capacity: capacity) { (queue) throws(CANBusError) in
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: longest, alignment: 8)
      defer { buffer.deallocate() }
      try Self.receive(from: descriptor, into: queue) { () throws(CANBusError) in
        try next(buffer)
      }
    }
  }
}
