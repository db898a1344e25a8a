internal import DBC
internal import DBCGenerator

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

// What the build-tool plug-in runs: dbc-generate INPUT.dbc OUTPUT.swift NAME
// People use `iiotctl dbc generate`, which has more to say.

func tell(_ message: String) {
  var message = message
  message.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}

func fail(_ message: String) -> Never {
  tell(message)
  exit(1)
}

let words = CommandLine.arguments
guard words.count == 4 else { fail("usage: dbc-generate INPUT.dbc OUTPUT.swift NAME\n") }
do throws(DBCError) {
  let database = try Database(contentsOf: words[1])
  for finding in database.findings where finding.severity == .error {
    // The form that build tools show beside the line.
    tell("\(words[1]):\(finding.line):\(finding.column): warning: \(finding.message)\n")
  }
  var options = SwiftSource.Options()
  options.origin = words[1].split(separator: "/").last.map(String.init) ?? words[1]
  let source = SwiftSource(database, named: words[3], options: options)
  for omission in source.omissions {
    tell("\(words[1]):1:1: warning: \(omission)\n")
  }
  guard let file = fopen(words[2], "w") else {
    fail("error: can't write \(words[2]): \(String(cString: strerror(errno)))\n")
  }
  let isWritten = source.text.withCString { fputs($0, file) } >= 0
  guard fclose(file) == 0, isWritten else {
    fail("error: can't write \(words[2]): \(String(cString: strerror(errno)))\n")
  }
} catch {
  fail("\(words[1]):\(error.line ?? 1):\(error.column ?? 1): error: \(error.reason)\n")
}
