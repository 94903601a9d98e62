#include "seco/plugin/expressions.h"

#include <gtest/gtest.h>

#include "small_materials.h"
#include "support/message_of.h"

using namespace seco::plugin;
using seco::test::message_of;

namespace {

double value(const std::string& expression, const dealii::Point<3>& at = {2, 3, 5}) {
  return parse_expressions<3>({expression})->value(at);
}

std::string refusal(const std::string& expression) {
  return message_of([&] { parse_expressions<3>({expression}); });
}

}  // namespace

TEST(Expressions, DecimalCommasAreRefused) {
  for (const std::string text : {"0,5", "1.000,5", "x + 0,5", "(0,5)*x", "2*(x, y)", "0,5*x + 1",
                                 "pow(x, 2) , 1", "((0,5))", "sin(x)*(1,2)", "1e-3,", ",5"}) {
    const auto message = refusal(text);
    EXPECT_NE(message.find("'" + text + "'"), std::string::npos) << message;
    EXPECT_NE(message.find("decimals have a point"), std::string::npos) << text << ": " << message;
  }
  // Blanks and quotes between digits are no numbers either.
  for (const std::string text : {"1 000", "1'000", "1_000", "0.5.1", "1.000.5"})
    EXPECT_NE(refusal(text), "no error") << text;
}

TEST(Expressions, TimeIsAVariableWhereItIsAsked) {
  const auto function = parse_expressions<3>({"x*t", "2"}, /*of_time=*/true);
  EXPECT_EQ(function->value({2, 3, 5}, 0), 0);
  function->set_time(4);
  EXPECT_EQ(function->value({2, 3, 5}, 0), 8);
  EXPECT_NE(refusal("x*t").find("'t' is not known"), std::string::npos);
  for (const char* of_time : {"t", "2*t", "if(x<t,1,0)", "sin(t)+x"})
    EXPECT_TRUE(mention_time({"x", of_time})) << of_time;
  for (const char* without : {"x", "sqrt(2)", "tan(x)", "at", "t2"})
    EXPECT_FALSE(mention_time({without})) << without;
}

TEST(Expressions, CommasBetweenArgumentsAreKept) {
  EXPECT_EQ(value("if(x>0,1,2)"), 1);
  EXPECT_EQ(value("if(x > 2, 1, 2)"), 2);
  EXPECT_EQ(value("min(x,y) + max (y, z)"), 2 + 5);
  EXPECT_EQ(value("pow(x,3)"), 8);
  EXPECT_NEAR(value("atan2(y,x)"), std::atan2(3, 2), 1e-15);
  EXPECT_EQ(value("min((x), (y))"), 2);
  EXPECT_EQ(value("if(x < 3 && y == 3, if(z>=5,10,20), 30)"), 10);
  EXPECT_EQ(value("2*(x + min(y, z))"), 10);
}

TEST(Expressions, AnAssignmentIsNoComparison) {
  EXPECT_NE(refusal("if(x=2, 1, 0)").find("=="), std::string::npos);
  EXPECT_NE(refusal("x=2").find("=="), std::string::npos);
  EXPECT_EQ(value("if(x==2, 1, 0)"), 1);
  EXPECT_EQ(value("if(x!=2, 1, 0)"), 0);
  EXPECT_EQ(value("if(x<=2, 1, 0)"), 1);
  EXPECT_EQ(value("if(x>=2.5, 1, 0)"), 0);
}

TEST(Expressions, MaterialsRefuseThemWithTheirKey) {
  const auto message = message_of([] {
    make<3>("homogenized", {{"Engine", "hill"},
                            {"Volume fraction", "0,3"},
                            {"Microstructure/Type", "inclusions"},
                            {"Microstructure/Grid", "8, 8, 8"}});
  });
  EXPECT_NE(message.find("'Volume fraction'"), std::string::npos) << message;
  EXPECT_NE(message.find("decimals have a point"), std::string::npos) << message;
}

TEST(Expressions, TimesAreFoundWhereExpressionsCompareThemWithNumbers) {
  const auto found = [](const std::string& text) { return times_in({text}); };
  using List = std::vector<double>;
  EXPECT_EQ(found("if(t < 0.5, 2*t, 2 - 2*t)"), List{0.5});
  EXPECT_EQ(found("if(1.5>=t, x, if((t>2.25e1) && (x<3), 0, 1))"), (List{1.5, 22.5}));
  EXPECT_EQ(found("10*min(t, 3) + max(4,t) - abs(t-5)"), (List{3, 4, 5}));
  // Comparisons of something else say nothing.
  EXPECT_EQ(found("if(2*t<1, 0, 1) + if(t<0.5*x, 0, 1) + if(x<1, t, 0)"), List{});
  EXPECT_EQ(times_in({"if(t<2,0,1)", "if(t<1,0,1)", "if(t<2,1,0)"}), (List{1, 2}));
}
