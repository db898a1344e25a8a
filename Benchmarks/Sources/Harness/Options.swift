/// How a suite is run; the program's arguments.
struct Options {
  var filter: String?
  var rounds = 11
  var secondsPerRound = 0.04
  var json: String?
  var times = true
  var peers = true
  var instructions = false
  var list = false
  var callgrindChild = false

  static let help = """
    --filter TEXT      only comparisons whose name contains TEXT
    --rounds N         rounds of each contender, in turn (11)
    --milliseconds N   time of one round (40)
    --json FILE        write the results there
    --no-peers         only ours and the limits
    --instructions     count instructions as well (valgrind)
    --gate             only the counts, with instructions; exit 1 if one is above its bound
    --list             only the names
    """

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    func value(_ flag: String) throws -> String {
      guard let value = rest.popFirst() else {
        throw PeerProblem(description: "\(flag) needs a value")
      }
      return value
    }
    func number(_ flag: String) throws -> Int {
      guard let number = Int(try value(flag)), number > 0 else {
        throw PeerProblem(description: "\(flag) needs a number above 0")
      }
      return number
    }
    while let flag = rest.popFirst() {
      switch flag {
      case "--filter": filter = try value(flag)
      case "--rounds": rounds = try number(flag)
      case "--milliseconds": secondsPerRound = Double(try number(flag)) / 1000
      case "--json": json = try value(flag)
      case "--no-peers": peers = false
      case "--instructions": instructions = true
      case "--gate":
        times = false
        instructions = true
      case "--list": list = true
      case "--callgrind-child": callgrindChild = true
      default: throw PeerProblem(description: "unknown option \(flag)\n\(Options.help)")
      }
    }
  }
}
