"""The rules of "Which loss?" in Chinese: a text for each kind, each fact, and each sentence of a rule.

The rules themselves, and their thresholds, are those of ``lossary.suggestion.rules``.
"""

from lossary.suggestion import rules

WORDS = {
    "The target: {}.": "真实值：{}。",
    "loss": "损失函数",
    "if": "条件",
    "its best prediction": "最优预测是",
    "why": "理由",
    "What is looked at": "查看哪些事实（facts）",
    "no {}": "无{}",
    ", ": "、",
}

KINDS = {
    "real": ("实数", "其他任何数值"),
    "positive": ("正数", "大于 0 的数"),
    "amounts": ("金额", "不小于 0 的数，其中有 0"),
    "counts": ("计数", f"不小于 0 的整数，一半不超过 {rules.COUNTED:,}，并且不是标签"),
    "binary": ("二分类", "两个不同的值：0 和 1，真和假，或两个词"),
    "classes": (
        "多分类",
        f"两个以上的词，或整数 0 … K − 1，它们全都出现，最后一类至少占 {rules.LAST_CLASS:g}/K 的行（若是计数，那里会很少）",
    ),
    "ordered": ("有序类别", f"等级：整数 1 … K，全都出现，K ≤ {rules.ORDERED}"),
    "probabilities": ("概率", "0 到 1 之间的数，其中有些严格在两者之间"),
    "distributions": ("分布", "每行是一组概率，其和为 1"),
}
"""The name and the meaning of each kind of target."""

FACTS = {
    "outliers": (
        "离群值",
        f"超过 {100 * rules.OUTLIERS:g} % 的值与中位数的距离大于 {rules.OUTLIER:g} 个稳健标准差"
        "（稳健标准差是到中位数的距离的中位数的 1.4826 倍）",
    ),
    "skewed": ("偏斜", f"上、下八分位数到中位数的距离不等：由此得到的偏度至少为 {rules.SKEWED:g}"),
    "spread": ("跨度大", f"95 % 分位数至少是 5 % 分位数的 {rules.SPREAD:g} 倍"),
    "mostly zeros": ("多数为 0", "超过一半的值是 0"),
    "overdispersed": ("过度离散", f"方差至少是均值的 {rules.OVERDISPERSED:g} 倍"),
    "excess zeros": (
        "零过多",
        f"0 的比例比均值和方差相同的负二项分布至少高出全部行的 {100 * rules.EXCESS:g} %",
    ),
    "overdispersed above 0": (
        "正值过度离散",
        f"大于 0 的计数的离散程度至少是大于 0 的泊松计数的 {rules.OVERDISPERSED:g} 倍",
    ),
    "rare class": (
        "稀有类别",
        f"两个类别中较少的一个比例低于 {100 * rules.RARE:g} %，或 K 个类别中最少的一个低于 {rules.RARE:g}/K",
    ),
}
"""The name and the meaning of what may be found out of a target."""

SENTENCES = {
    # ---- what is found
    "the mean": "均值",
    "between the median and the mean": "中位数与均值之间",
    "the median": "中位数",
    "the quantile α": "α 分位数",
    "the mean and the variance": "均值和方差",
    "the centre and the scale": "中心和尺度",
    "the mean of log(1 + y), taken back: below the mean": "log(1 + y) 的均值再变换回来：低于均值",
    "mean and standard deviation of log y": "log y 的均值和标准差",
    "below the median: that of rows weighted by 1/y": "低于中位数：以 1/y 为权重的中位数",
    "the mean of the counts that can be above 0, and the share of further zeros": (
        "可能大于 0 的计数的均值，以及额外的 0 的比例"
    ),
    "the probability": "概率",
    "a probability that is too high, as if the classes were equally frequent": "偏高的概率，如同两个类别同样常见",
    "a score, not the probability: it is drawn towards ½": "一个得分，而不是概率：它会偏向 ½",
    "the probability of each class": "每个类别的概率",
    "probabilities weighed by class_weight": "按 class_weight 加权的概率",
    "scores, not the probabilities": "得分，而不是概率",
    "near the most frequent class": "接近最常见的类别",
    "one score, and the probability of each grade by thresholds on it": "一个得分，由得分上的阈值得到每个等级的概率",
    "the probability of each grade": "每个等级的概率",
    "the median grade": "等级的中位数",
    "the mean distribution": "分布的均值",
    "between the distributions": "各分布之间",
    # ---- why
    "no outliers: under normal noise, no loss finds the mean with fewer rows": (
        "没有离群值：在正态噪声下，没有别的损失函数能用更少的数据估计均值"
    ),
    "no outlier pulls harder than a residual of δ; this δ is 1.345 robust standard deviations, of residuals if there are any": (
        "离群值的影响不超过一个大小为 δ 的残差；这里的 δ 是 1.345 个稳健标准差，有残差时用残差计算"
    ),
    "outliers count no more than any value on their side; nothing has to be chosen": (
        "离群值的影响不超过同侧的任何其他值；不需要选择参数"
    ),
    "mean, median and the usual largest value differ: say which share of values may lie below the prediction": (
        "均值、中位数与通常的最大值不同：请指定多大比例的值可以低于预测值"
    ),
    "if the spread is wanted too, for intervals or because it differs from row to row": (
        "如果还需要离散程度：为了给出区间，或因为各行的离散程度不同"
    ),
    "if the spread is wanted too; its tails allow for outliers": "如果还需要离散程度；它的尾部容许离群值",
    "values differ by factors: errors count in proportion to the size, and the prediction, a logarithm, is never below 0": (
        "各值相差若干倍：误差按相对大小计算；预测的是均值的对数，所以预测的均值不会低于 0"
    ),
    "a factor of 2 too much costs as one too little does, and single large values pull little": (
        "高估 2 倍与低估 2 倍的代价相同，个别大值的影响很小"
    ),
    "if the spread is wanted too": "如果还需要离散程度",
    "the values are of one order of magnitude, and none stands out": "各值在同一数量级，没有特别突出的值",
    "the median, in units of the target, whatever the tails are": "以真实值的单位表示的中位数，不受尾部影响",
    "only if errors are judged in percent of the target: it rewards predictions that are too low": (
        "仅当误差以真实值的百分比评判时使用：它偏向过低的预测"
    ),
    "zeros and positive amounts are one distribution, a Poisson number of gamma amounts": (
        "0 与正的金额属于同一个分布：泊松个数的伽马金额之和"
    ),
    "finds the mean of any target from 0 on, and has no parameter; large amounts count more than under Tweedie": (
        "能找到任何不小于 0 的真实值的均值，没有参数；大金额的影响比 Tweedie 损失中更大"
    ),
    "outliers count no more than any value on their side": "离群值的影响不超过同侧的任何其他值",
    "more than half of the values are 0, so the median is 0: ask for a larger quantile": (
        "超过一半的值是 0，所以中位数是 0：请用更大的分位数"
    ),
    "the variance is about the mean, as of events that happen independently": "方差约等于均值，如同独立发生的事件",
    "more zeros than counts of this spread have, and the others vary more than Poisson counts": (
        "0 比这种离散程度的计数应有的更多，其余的值比泊松计数更分散"
    ),
    "more zeros than counts of this spread have; the others vary as Poisson counts do": (
        "0 比这种离散程度的计数应有的更多；其余的值如同泊松计数"
    ),
    "counts vary more than Poisson counts; the dispersion is that of the whole target, and smaller where inputs explain it": (
        "计数比泊松计数更分散；这里的离散参数来自全部真实值，输入能解释一部分时它会更小"
    ),
    "finds the mean also where counts vary more, only with larger errors than it says": (
        "计数更分散时也能找到均值，只是实际误差比它给出的大"
    ),
    "strictly proper: the least loss is at the true probability; the prediction is a logit unless given= says otherwise": (
        "严格适当：损失在真实概率处最小；预测值是对数几率，除非 given= 另有说明"
    ),
    "only if missing the rare class costs that much more; a threshold below ½ on true probabilities does the same": (
        "仅当漏掉稀有类别的代价确实高出这么多时使用；对真实概率取低于 ½ 的阈值效果相同"
    ),
    "only if many easy rows of the frequent class drown the others in training": (
        "仅当训练中常见类别的大量容易样本淹没了其他样本时使用"
    ),
    "proper too, and bounded: a wrong certainty, or a wrong label, costs no more than 1": (
        "也是适当的，而且有界：错误的确信或错误的标签，代价不超过 1"
    ),
    "a strictly proper score: the least loss is at the true probabilities": "严格适当的评分：损失在真实概率处最小",
    "only if mistakes on rare classes cost more: a weight for each class, which multiplies its terms": (
        "仅当稀有类别上的错误代价更高时使用：每个类别一个权重，乘在它的各项上"
    ),
    "only if many easy rows of frequent classes drown the others in training": (
        "仅当训练中常见类别的大量容易样本淹没了其他样本时使用"
    ),
    "proper too, and bounded: a wrong certainty costs no more than 2": "也是适当的，而且有界：错误的确信代价不超过 2",
    "only if labels are wrong now and then: rows that contradict the model count less": (
        "仅当标签偶尔有错时使用：与模型矛盾的行影响较小"
    ),
    "the grades have an order and no distances; one number a row is predicted": "等级只有顺序，没有距离；每行预测一个数",
    "proper, and a grade next to the true one costs less than one far off": (
        "适当的评分；与真实等级相邻的等级，代价比相距远的小"
    ),
    "proper, without the order: a near miss costs as much as any other": (
        "适当的评分，但不考虑顺序：相邻的错误与其他错误代价相同"
    ),
    "if grades are taken as equally far apart": "如果认为各等级之间的距离相等",
    "takes targets between 0 and 1; predictions stay there too, and errors near 0 and 1 count most": (
        "真实值可以在 0 与 1 之间；预测值也在其中，靠近 0 和 1 的误差影响最大"
    ),
    "bounded: errors count alike wherever they are": "有界：误差无论在哪里影响都一样",
    "takes rows of probabilities as they are; the gradient is that of the divergence": (
        "直接接受由概率组成的行；梯度与相对熵的梯度相同"
    ),
    "as cross-entropy, less what no prediction can help: 0 where the two agree": (
        "交叉熵减去任何预测都无法消除的部分：两者一致时为 0"
    ),
    "bounded: a class that is ruled out wrongly costs no more than log 2": "有界：错误地排除一个类别，代价不超过 log 2",
}
"""What rules say of the best prediction and why, by the sentence in English."""
