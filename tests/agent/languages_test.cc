// Help pages in languages that are written without blanks between words.
#include <filesystem>
#include <fstream>
#include <map>

#include "agent/knowledge.h"
#include "agent/stage.h"
#include "store/temporary_folder.h"

namespace widgent::test {

namespace {

struct Section {
  std::string chapter, title, text;
};

// A page for each chapter.
std::unique_ptr<Knowledge> Load(const std::vector<Section>& sections) {
  TemporaryFolder folder;
  std::map<std::string, std::string> pages;
  for (const Section& section : sections) {
    std::string& page = pages[section.chapter];
    if (page.empty()) page = "# " + section.chapter + "\n";
    page += "\n## " + section.title + "\n\n" + section.text + "\n";
  }
  for (const auto& [chapter, page] : pages) std::ofstream(folder.File(chapter + ".md"), std::ios::binary) << page;
  return LoadKnowledge({folder.File(""), "/help/", 0.5});
}

// The title of the best section, or nothing.
std::string Best(const Knowledge& knowledge, std::string_view question) {
  const std::vector<Passage> found = knowledge.Search(question, 1, MakeGuest(), kNow);
  return found.empty() ? "nothing" : found[0].title;
}

void CheckAnswers(const Knowledge& knowledge, const std::vector<std::pair<std::string, std::string>>& answers) {
  for (const auto& [question, title] : answers) {
    INFO(question);
    CHECK(Best(knowledge, question) == title);
  }
}

const std::vector<Section> kJapanese = {
    {"配送", "送料", "送料は全国一律500円です。5,000円以上のご注文では無料になります。"},
    {"配送", "お届けまでの日数", "ご注文から2、3日でお届けします。離島へは1週間ほどかかります。"},
    {"返品", "返品の手順", "商品が届いてから30日以内であれば返品できます。同封の用紙に記入して箱に入れてください。"},
    {"返品", "返金の時期", "返品された商品を確認してから5営業日以内に返金します。"},
    {"アカウント", "パスワードの再設定",
     "ログイン画面の「パスワードを忘れた方」を押し、メールアドレスを入力してください。"},
    {"アカウント", "退会", "アカウントを削除するには、設定の一番下にある退会を選んでください。"},
    {"支払い", "お支払い方法", "クレジットカード、コンビニ払い、銀行振込をご利用いただけます。"},
    {"商品", "テントの防水", "テントは防水加工されています。濡れた場合は陰干ししてください。"},
};

const std::vector<Section> kChinese = {
    {"配送", "运费", "每单运费为10元，满200元免运费。"},
    {"配送", "送货时间", "下单后两到三天送达，偏远地区大约需要一周。"},
    {"退货", "如何退货", "收到商品后30天内可以退货。请填写随附的表格，并把商品放回原包装。"},
    {"退货", "退款时间", "我们收到退回的商品后，五个工作日内退款到原支付方式。"},
    {"账户", "重置密码", "在登录页面点击“忘记密码”，然后输入您的电子邮箱。"},
    {"账户", "注销账户", "要删除账户，请在设置的最下方选择注销。"},
    {"支付", "支付方式", "支持信用卡、支付宝和微信支付。"},
    {"商品", "帐篷防水", "帐篷经过防水处理。如果淋湿，请在阴凉处晾干。"},
};

const std::vector<Section> kThai = {
    {"การจัดส่ง", "ค่าจัดส่ง", "ค่าจัดส่งทั่วประเทศ 50 บาท สั่งซื้อครบ 1,000 บาทจัดส่งฟรี"},
    {"การจัดส่ง", "ระยะเวลาจัดส่ง", "สินค้าจะถึงภายใน 2 ถึง 3 วันหลังสั่งซื้อ พื้นที่ห่างไกลใช้เวลาประมาณหนึ่งสัปดาห์"},
    {"การคืนสินค้า", "วิธีคืนสินค้า", "คุณสามารถคืนสินค้าได้ภายใน 30 วันหลังได้รับ กรุณากรอกแบบฟอร์มและใส่กลับในกล่อง"},
    {"การคืนสินค้า", "การคืนเงิน", "เราจะคืนเงินภายใน 5 วันทำการหลังจากได้รับสินค้าคืน"},
    {"บัญชี", "ตั้งรหัสผ่านใหม่", "กดลืมรหัสผ่านในหน้าเข้าสู่ระบบ แล้วกรอกอีเมลของคุณ"},
    {"บัญชี", "ลบบัญชี", "หากต้องการลบบัญชี ให้เลือกลบบัญชีที่ด้านล่างของการตั้งค่า"},
    {"การชำระเงิน", "วิธีชำระเงิน", "รับบัตรเครดิต พร้อมเพย์ และโอนผ่านธนาคาร"},
    {"สินค้า", "เต็นท์กันน้ำ", "เต็นท์ผ่านการเคลือบกันน้ำ หากเปียกให้ผึ่งในที่ร่ม"},
};

}  // namespace

TEST_CASE(
    "Questions in Japanese find their section, words of one and two characters too, and those off the subject none") {
  CheckAnswers(*Load(kJapanese), {
                                     {"送料はいくらですか？", "送料"},
                                     {"返品したいのですが、どうすればいいですか", "返品の手順"},
                                     {"パスワードを忘れました", "パスワードの再設定"},
                                     {"退会したい", "退会"},
                                     {"返金はいつですか", "返金の時期"},
                                     {"クレジットカードは使えますか？", "お支払い方法"},
                                     {"テントは防水ですか", "テントの防水"},
                                     {"送料", "送料"},
                                     {"何日で届きますか", "お届けまでの日数"},
                                     {"注文してから届くまで何日かかりますか", "お届けまでの日数"},
                                     {"コンビニで払えますか", "お支払い方法"},
                                     {"今日の東京の天気は？", "nothing"},
                                     {"ありがとうございます", "nothing"},
                                     {"面白い話をして", "nothing"},
                                     {"フランスの首都はどこですか", "nothing"},
                                     {"はい", "nothing"},
                                     {"円周率を教えて", "nothing"},
                                 });
}

TEST_CASE(
    "Questions in Chinese find their section, words of one and two characters too, and those off the subject none") {
  CheckAnswers(*Load(kChinese), {
                                    {"运费是多少？", "运费"},
                                    {"运费多少钱", "运费"},
                                    {"怎么退货", "如何退货"},
                                    {"我忘记密码了怎么办", "重置密码"},
                                    {"什么时候能收到退款？", "退款时间"},
                                    {"可以用支付宝吗", "支付方式"},
                                    {"帐篷防水吗", "帐篷防水"},
                                    {"退款", "退款时间"},
                                    {"怎么注销账户", "注销账户"},
                                    {"多久能送达", "送货时间"},
                                    {"今天天气怎么样", "nothing"},
                                    {"谢谢", "nothing"},
                                    {"给我讲个笑话", "nothing"},
                                    {"法国的首都是哪里", "nothing"},
                                    {"你好", "nothing"},
                                    {"世界杯谁赢了", "nothing"},
                                });
}

TEST_CASE("Questions in Thai find their section, words of one and two characters too, and those off the subject none") {
  CheckAnswers(*Load(kThai), {
                                 {"ค่าจัดส่งเท่าไหร่", "ค่าจัดส่ง"},
                                 {"ค่าจัดส่งเท่าไรครับ", "ค่าจัดส่ง"},
                                 {"คืนสินค้าอย่างไร", "วิธีคืนสินค้า"},
                                 {"ลืมรหัสผ่านทำอย่างไร", "ตั้งรหัสผ่านใหม่"},
                                 {"จะได้เงินคืนเมื่อไหร่", "การคืนเงิน"},
                                 {"จ่ายด้วยบัตรเครดิตได้ไหม", "วิธีชำระเงิน"},
                                 {"เต็นท์กันน้ำไหมคะ", "เต็นท์กันน้ำ"},
                                 {"คืนเงิน", "การคืนเงิน"},
                                 {"ส่งกี่วันถึง", "ระยะเวลาจัดส่ง"},
                                 {"อยากลบบัญชี", "ลบบัญชี"},
                                 {"วันนี้อากาศเป็นอย่างไร", "nothing"},
                                 {"ขอบคุณครับ", "nothing"},
                                 {"เล่าเรื่องตลกให้ฟังหน่อย", "nothing"},
                                 {"เมืองหลวงของฝรั่งเศสคืออะไร", "nothing"},
                                 {"สวัสดี", "nothing"},
                             });
}

TEST_CASE("A question of one or two characters finds what holds them, wherever they stand") {
  const auto knowledge =
      Load({{"A", "折りたたみ傘", "雨の日に使います。"}, {"B", "帐篷", "睡在里面。"}, {"C", "ที่นอน", "นุ่ม"}});
  CheckAnswers(*knowledge, {{"傘", "折りたたみ傘"},
                            {"雨", "折りたたみ傘"},
                            {"帐", "帐篷"},
                            {"篷", "帐篷"},
                            {"帐篷", "帐篷"},
                            {"นอน", "ที่นอน"}});
}

TEST_CASE("Hindi is read by its words, vowel signs and all") {
  const std::vector<Section> pages = {{"A", "वापसी", "तीस दिनों के भीतर सामान वापस करें।"},
                                      {"B", "भुगतान", "कार्ड से भुगतान करें।"}};
  const auto knowledge = Load(pages);
  CheckAnswers(*knowledge, {{"वापसी", "वापसी"}, {"भुगतान", "भुगतान"}});
  CHECK(Best(*knowledge, "वापसा") == "nothing");
}

TEST_CASE("English among characters without blanks is a word of its own") {
  const auto knowledge =
      Load({{"A", "Wi-Fi設定", "ルーターのSSIDを選びます。"}, {"B", "USB充電", "付属のケーブルを使います。"}});
  CheckAnswers(*knowledge, {{"SSIDを選ぶには？", "Wi-Fi設定"}, {"usbで充電", "USB充電"}});
}

}  // namespace widgent::test
