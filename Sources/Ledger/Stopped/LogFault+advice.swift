package import Log

extension LogFault {
    /// What is wrong and what to do about it, for operators. It does not name the partition.
    package var advice: String {
        switch self {
        case .beginningDeleted:
            "\(self). Raise the topic's retention, publish the missing events again and run `salestargets rebuild "
                + "--accept-deleted`"
        case .beyondEnd, .replaced:
            "\(self). If this is the wrong cluster or topic, correct that; otherwise run `salestargets rebuild`"
        }
    }
}
