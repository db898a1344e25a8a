import Glibc
import Testing

@testable import StoreForward

@Suite("Threads of a store", .timeLimit(.minutes(15)))
struct WorkThreadTests {
  @Test("leave signals to the program's own")
  func signals() throws {
    let isBlocked = Flag()
    let isDone = Flag()
    try WorkThread.start {
      var mask = sigset_t()
      pthread_sigmask(SIG_BLOCK, nil, &mask)
      if sigismember(&mask, SIGINT) == 1, sigismember(&mask, SIGTERM) == 1 { isBlocked.raise() }
      isDone.raise()
    }
    isDone.wait()
    #expect(isBlocked.isRaised)
  }

  #if DEBUG  // a release build can't be told to have none
    @Test("where there is none to be had, opening says so and leaves the store to the next one")
    func opening() async throws {
      let scratch = Scratch()
      let error = await #expect(throws: StoreError.self) {
        try await WorkThread.$failure.withValue(EAGAIN) {
          _ = try await RingStore(directory: scratch.path, options: .small())
        }
      }
      #expect(error?.code == .inputOutput && error?.errno == EAGAIN && error?.advice != "")
      let store = try await RingStore(directory: scratch.path, options: .small())
      try await store.close()
    }

    @Test("where there is none to be had, nobody syncs in time, so opening says so too")
    func openingWithInterval() throws {
      let scratch = Scratch()
      let options = StoreOptions.small(sync: .interval(.seconds(1)))
      let error = #expect(throws: StoreError.self) {
        try WorkThread.$failure.withValue(EAGAIN) {
          _ = try BlockingRingStore(directory: scratch.path, options: options)
        }
      }
      #expect(error?.errno == EAGAIN)
      // It gave the directory back.
      try BlockingRingStore(directory: scratch.path, options: options).close()
      #expect(throws: StoreError.self) {
        try WorkThread.$failure.withValue(EAGAIN) { _ = try JobThread.start { .max } }
      }
    }

    @Test("where there is none to be had, what comes after the end is done all the same")
    func afterTheEnd() async throws {
      let thread = try JobThread.start { .max }
      thread.end()
      let answer = await WorkThread.$failure.withValue(EAGAIN) { await thread.run { 7 } }
      #expect(answer == 7)
    }
  #endif
}
