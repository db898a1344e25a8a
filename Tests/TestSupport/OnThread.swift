import Foundation

/// Runs calls that block away from the pool of the tasks: on a small machine that has two threads, and who blocks one
/// holds up half of all tests.
@discardableResult
public func onThread<Result: Sendable>(
  _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Swift.Result(catching: body)) }
  }
}
