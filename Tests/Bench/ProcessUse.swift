import Foundation

/// The memory, CPU time and open files of a process, from /proc.
struct ProcessUse {
    /// Resident memory in bytes.
    let memory: Int
    /// CPU time in seconds.
    let cpu: Double
    /// Open file descriptors.
    let files: Int

    init(of process: Int32) {
        func words(_ file: String) -> [Substring] {
            // In stat the second field, the name of the program in parentheses, can have spaces. Skips it.
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
