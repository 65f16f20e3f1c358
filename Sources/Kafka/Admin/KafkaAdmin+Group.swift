internal import CKafka

/// A consumer group as its coordinator sees it.
public struct GroupDescription: Hashable, Sendable {
    /// As the broker names it: `Stable`, `Empty`, `PreparingRebalance`; empty when there is no such group.
    public let state: String
    /// Its members.
    public let members: [Member]

    /// One consumer; a worker has one for each lane.
    public struct Member: Hashable, Sendable {
        /// What it calls itself (`client.id`).
        public let client: String
        /// Where it connects from.
        public let host: String
    }
}

extension KafkaAdmin {
    /// Asks who is in a consumer group.
    public func group(_ name: String, timeoutMilliseconds: Int32) throws(KafkaError) -> GroupDescription {
        var answer: UnsafePointer<rd_kafka_group_list>?
        let code = rd_kafka_list_groups(handle.pointer, name, &answer, timeoutMilliseconds)
        // Ours to destroy, also where only some brokers answered.
        defer { if let answer { rd_kafka_group_list_destroy(answer) } }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__PARTIAL, let answer else {
            throw KafkaError(code, subject: "group \(name)")
        }
        for index in 0..<Int(answer.pointee.group_cnt) {
            let group = answer.pointee.groups[index]
            guard let found = group.group, String(cString: found) == name else { continue }
            if group.err != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(group.err, subject: "group \(name)") }
            let members = (0..<Int(group.member_cnt)).map { member in
                GroupDescription.Member(
                    client: group.members[member].client_id.map { String(cString: $0) } ?? "",
                    host: group.members[member].client_host.map { String(cString: $0) } ?? ""
                )
            }
            return GroupDescription(state: group.state.map { String(cString: $0) } ?? "", members: members)
        }
        return GroupDescription(state: "", members: [])
    }
}
