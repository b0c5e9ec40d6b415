"""Labels: the same label however it was typed, and never the same key for two labels."""

from parsers.form import load_forms
from parsers.labels import label_key, label_keys


def test_enumerators_brackets_and_spaces_do_not_count():
    for written in ("（三） 不予公开", "(三)不予公开", "三）不予公开", "三、不予公开", "不予公开", "3.不 予 公 开"):
        assert "不予公开" in label_keys(written)


def test_notes_in_brackets_may_be_there_or_not():
    assert label_key("上一年项目数量 (指2019年事项数)") == "上一年项目数量"
    assert "部分公开区分处理的只计这一情形不计其他情形" in label_keys("部分公开区分处理的,只计这一情形,不计其他情形")
    assert "部分公开" in label_keys("（二）部分公开（区分处理的，只计这一情形，不计其他情形）")


def test_a_numeral_that_belongs_to_the_label_stays():
    assert label_key("5.属于三类内部事务信息") == "属于三类内部事务信息"
    assert label_key("三类内部事务") == "三类内部事务"


def test_no_two_rows_of_a_form_share_a_key_but_those_that_the_notice_named_alike():
    shared = set()
    for form in load_forms().values():
        seen = {}
        for block in form.blocks:
            for row in block.rows:
                for key in row.keys:
                    if seen.setdefault(key, (block.table, row.key)) != (block.table, row.key):
                        shared.add((form.name, key))
    # under 行政复议 and under 行政诉讼: their order tells them apart; 免予公开范围 1 to 6: their digit, code or order
    assert shared == {("2014", "被依法纠错数"), ("2014", "其他情形数"), ("2008", "免予公开范围数"), ("2008", "免予公开范围")}
