internal import CKafka
public import Log

extension KafkaAdmin {
    /// Returns the state and members of a consumer group; a group that does not exist has an empty state.
    public func group(_ name: String, timeoutMilliseconds: Int32) throws(LogError) -> ConsumerGroup {
        var answer: UnsafePointer<rd_kafka_group_list>?
        // The caller destroys the list, also when only some brokers answered.
        defer { if let answer { rd_kafka_group_list_destroy(answer) } }
        try asking { () throws(LogError) in
            let code = rd_kafka_list_groups(handle.pointer, name, &answer, timeoutMilliseconds)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__PARTIAL || answer == nil {
                throw LogError(code, subject: "group \(name)")
            }
        }
        guard let answer else { throw LogError(RD_KAFKA_RESP_ERR__PARTIAL, subject: "group \(name)") }
        for index in 0..<Int(answer.pointee.group_cnt) {
            let group = answer.pointee.groups[index]
            guard let found = group.group, String(cString: found) == name else { continue }
            if group.err != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(group.err, subject: "group \(name)") }
            let members = (0..<Int(group.member_cnt)).map { member in
                ConsumerGroup.Member(
                    client: group.members[member].client_id.map { String(cString: $0) } ?? "",
                    host: group.members[member].client_host.map { String(cString: $0) } ?? ""
                )
            }
            return ConsumerGroup(state: group.state.map { String(cString: $0) } ?? "", members: members)
        }
        return ConsumerGroup(state: "", members: [])
    }
}
