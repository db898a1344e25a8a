internal import Glibc
internal import IOThreads

extension CANBusError {
  /// Throws where a call of ours into the system gave a negative errno.
  static func check(
    _ status: Int32, _ what: String, _ interface: String
  ) throws(CANBusError) {
    guard status < 0 else { return }
    throw CANBusError(errno: -status, doing: what, interface: interface)
  }

  /// What an error number of a CAN socket means.
  init(errno: Int32, doing what: String, interface: String) {
    let (code, message, advice): (Code, String, String) =
      switch errno {
      case EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT:
        (
          .unsupported, "this kernel has no CAN",
          "load the modules can and can_raw (modprobe can_raw); kernels made for clouds and many "
            + "containers don't have them"
        )
      case ENODEV, ENXIO:
        (
          .noSuchInterface, "there is no such CAN interface",
          "see what there is with: ip -details link show type can"
        )
      case ENETDOWN:
        (
          .interfaceDown, "the interface is down",
          "bring it up: ip link set \(interface) up type can bitrate 500000"
        )
      case EPERM, EACCES:
        (.notPermitted, "the system does not allow it", "run it with the capability CAP_NET_RAW")
      case EINVAL, EMSGSIZE:
        (
          .invalidFrame, "the interface does not take this frame",
          "a CAN FD frame needs an interface with fd on and an MTU of 72"
        )
      case ENOBUFS, EAGAIN:
        (
          .queueFull, "the interface's queue stayed full",
          "check that another node acknowledges and that the bit rate is right, "
            + "or make the queue longer: ip link set \(interface) txqueuelen 1000"
        )
      case ECOMM, ETIMEDOUT, ETIME:
        (
          .noAnswer, "\(what): the other side did not answer in time",
          "check that it is on the bus, and the identifiers or addresses of both sides"
        )
      case ENOMEM, EMFILE, ENFILE:
        (.outOfResources, SystemFailure.explanation(of: errno), "")
      default:
        (.failed, "\(what): \(SystemFailure.explanation(of: errno))", "")
      }
    self.init(
      code: code, message: message, advice: advice, interface: interface, errno: errno)
  }
}
