internal import Glibc
internal import IOThreads

extension CANBusError {
  /// What an error number of a CAN socket means.
  init(errorNumber: Int32, doing what: String, interface: String) {
    let (code, message, advice): (Code, String, String) =
      switch errorNumber {
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
      case ENOMEM, EMFILE, ENFILE:
        (.outOfResources, SystemFailure.explanation(of: errorNumber), "")
      default:
        (.failed, "\(what): \(SystemFailure.explanation(of: errorNumber))", "")
      }
    self.init(
      code: code, message: message, advice: advice, interface: interface, errorNumber: errorNumber)
  }
}
