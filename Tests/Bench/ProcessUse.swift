import Foundation

/// What a process has used so far, as Linux tells.
struct ProcessUse {
    /// Bytes.
    let memory: Int
    /// Seconds.
    let cpu: Double
    /// Open descriptors.
    let files: Int

    init(of process: Int32) {
        func words(_ file: String) -> [Substring] {
            // The name of the program, which comes second, may have spaces.
            let text = (try? String(contentsOfFile: "/proc/\(process)/\(file)", encoding: .utf8)) ?? ""
            return (text.split(separator: ")").last ?? "").split(separator: " ")
        }
        let pages = words("statm").dropFirst().first.flatMap { Int($0) } ?? 0
        memory = pages * Int(getpagesize())
        files = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count) ?? 0
        let times = words("stat").dropFirst(11).prefix(2).compactMap { Double($0) }
        cpu = times.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
