#if Server
  internal import Gateway
  internal import NIOCore
  internal import NIOHTTP1
  internal import Synchronization

  /// Answers the requests of one connection. A request that does not come whole in time, or an answer that is not taken in time, ends
  /// the connection.
  final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let patience = TimeAmount.seconds(30)
    /// Bytes of a request's head, and of a body that nobody asked for.
    private static let largestRequest = 16 << 10
    static let limits = {
      var limits = NIOHTTPDecoderLimitConfiguration()
      limits.maxHeaderFieldSize = largestRequest
      limits.maxHeaderListSize = largestRequest
      return limits
    }()

    private let gateway: GatewayRuntime
    private let guests: Guests
    private var isGuest = false
    private var head: HTTPRequestHead?
    private var bodySize = 0
    private var deadline: Scheduled<Void>?

    init(gateway: GatewayRuntime, guests: Guests) {
      self.gateway = gateway
      self.guests = guests
    }

    func channelActive(context: ChannelHandlerContext) {
      isGuest = guests.enter()
      guard isGuest else {
        context.close(promise: nil)
        return
      }
      wait(context)
      context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
      deadline?.cancel()
      if isGuest { guests.leave() }
      context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }

    private func wait(_ context: ChannelHandlerContext) {
      deadline?.cancel()
      let channel = context.channel
      deadline = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head): (self.head, bodySize) = (head, 0)
      // Nobody asked for one; a small one is read and forgotten.
      case .body(let part):
        bodySize += part.readableBytes
        if bodySize > Self.largestRequest { context.close(promise: nil) }
      case .end:
        guard let head, bodySize <= Self.largestRequest else { return }
        self.head = nil
        // Who asks again and again without taking the answers would have them pile up here.
        guard context.channel.isWritable else {
          context.close(promise: nil)
          return
        }
        answer(head, context)
      }
    }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
      let answer = StatusAnswer(
        request.method == .GET || request.method == .HEAD, request.uri, gateway)
      var body = context.channel.allocator.buffer(capacity: answer.text.utf8.count)
      body.writeString(answer.text)
      var headers: HTTPHeaders = [
        "Content-Type": answer.mediaType, "Content-Length": "\(body.readableBytes)",
        "Cache-Control": "no-store",
      ]
      if answer.code == 405 { headers.add(name: "Allow", value: "GET, HEAD") }
      if !request.isKeepAlive { headers.add(name: "Connection", value: "close") }
      wait(context)
      context.write(
        wrapOutboundOut(
          .head(
            .init(
              version: request.version, status: .init(statusCode: answer.code), headers: headers))),
        promise: nil)
      if request.method != .HEAD {
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
      }
      let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
      if !request.isKeepAlive {
        let channel = context.channel
        written.whenComplete { _ in channel.close(promise: nil) }
      }
    }
  }

  /// Counts connections.
  final class Guests: Sendable {
    private let limit: Int
    private let count = Atomic(0)

    init(limit: Int) { self.limit = limit }

    /// Whether there was room for one more.
    func enter() -> Bool {
      if count.add(1, ordering: .relaxed).newValue <= limit { return true }
      leave()
      return false
    }

    func leave() { count.subtract(1, ordering: .relaxed) }
  }
#endif
