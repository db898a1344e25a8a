internal import DBC

/// A database that a command works with.
enum DBCFile {
  /// Loads what is sound of it and tells of errors in one line.
  static func load(_ path: String) throws -> Database {
    let database = try parse(path)
    let errors = database.findings.count { $0.severity == .error }
    if errors > 0 {
      StandardError.print(
        "warning: \(path) has \(errors) \(errors == 1 ? "error" : "errors"), and what is sound of it "
          + "is used; iiotctl dbc lint \(path) lists them")
    }
    return database
  }

  static func parse(_ path: String) throws -> Database {
    do throws(DBCError) {
      return try Database(contentsOf: path)
    } catch {
      let place = error.line.map { "\(path):\($0):\(error.column ?? 1)" } ?? path
      throw Failure(
        error.reason, at: place,
        advice: error.code == .unreadable ? "check the path" : "is this the right file?")
    }
  }
}

/// Patterns as the shell has them: `*` any text, `?` one character.
enum Glob {
  static func matches(_ pattern: String, _ text: String) -> Bool {
    let pattern = Array(pattern.unicodeScalars)
    let text = Array(text.unicodeScalars)
    var p = 0
    var t = 0
    var star: (pattern: Int, text: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, t)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
        p += 1
        t += 1
      } else if let last = star {
        p = last.pattern + 1
        t = last.text + 1
        star = (last.pattern, t)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
