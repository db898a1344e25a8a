import CTestSupport

/// Has eventfd(2) fail in this process as if no descriptor were left, or no longer.
public func refuseEventfd(_ isRefused: Bool) { iiot_refuse_eventfd(isRefused) }
